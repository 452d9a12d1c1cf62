"""From the tracks to the disk, at short intervals, so that a crash costs no more than one of them."""

import errno
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec
import structlog

from contracts.media import Heard, Missed, PacketCounts, Report, Speaker
from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.state import Checkpoint
from recorder_bot.domain.tracks import Tracks
from recorder_bot.store.completion import run_to_completion
from recorder_bot.store.spool import Folder
from recorder_bot.usecases.meters import PacketMeter
from recorder_bot.usecases.report_queue import ReportQueue
from voice import VoiceConnection

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = structlog.get_logger()


class SegmentWriter:
    """Writes what the tracks hold, then a checkpoint: until when everything is on disk."""

    def __init__(
        self,
        tracks: Tracks,
        *,
        folder: Folder,
        reports: ReportQueue,
        checkpoint: Checkpoint,
        name_of: Callable[[int], str],
    ) -> None:
        self._tracks, self._folder, self._reports = tracks, folder, reports
        self._name_of = name_of
        self._earlier: accounts.Ledger = dict(checkpoint.packets)
        self._connection: VoiceConnection | None = None
        self._erase: set[str] = set()
        self.problem: str | None = None
        """Why what was heard last could not be kept, as the cause of a gap."""
        self._meter = PacketMeter(checkpoint.packets)
        self.bytes_written = checkpoint.bytes_written

    def listen_to(self, connection: VoiceConnection | None) -> None:
        """Whose packets are counted from now on; those of the one before stay counted."""
        if self._connection:
            self._earlier = accounts.total(self._earlier, accounts.of_connection(self._connection.counts()))
        self._connection = connection

    def packets(self) -> Mapping[str, PacketCounts]:
        current = self._connection.counts() if self._connection else {}
        return accounts.total(self._earlier, accounts.of_connection(current), self._tracks.accounts.read())

    def erase(self, users: Iterable[int]) -> None:
        """With the next writing, everything of these people goes."""
        self._erase.update(map(str, users))

    async def write(self, *, last: bool = False) -> None:
        """Also when cancelled: what was drained from the tracks is nowhere else."""
        await run_to_completion(self._write(last=last))

    async def _write(self, *, last: bool) -> None:
        tracks = self._tracks
        now_ns = time.monotonic_ns()
        position = tracks.position(now_ns)
        pieces = tracks.drain_all(now_ns) if last else tracks.drain(now_ns)
        checkpoint = Checkpoint(
            position=position, ends=tracks.ends, unfinished=tracks.unfinished(now_ns), packets=dict(self.packets())
        )
        self._meter.look(checkpoint.packets)
        try:
            self.bytes_written += await self._folder.write(pieces)
        except OSError as failed:
            self.problem = gaps.DISK_FULL if failed.errno in NO_ROOM else gaps.DISK_FAILED
            log.warning("audio.not_kept", cause=self.problem, error=str(failed))
            tracks.discard(pieces, self.problem)
        else:
            self.problem = None
        await self._reports.add(*self._new_reports())
        await self._reports.save()
        try:
            await self._erase_unwanted()
            if tracks.clock and self.problem is None:
                await self._folder.mark(msgspec.structs.replace(checkpoint, bytes_written=self.bytes_written))
        except OSError as failed:
            log.warning("checkpoint.not_written", error=str(failed))

    async def _erase_unwanted(self) -> None:
        erased = frozenset(self._erase)
        if erased:
            await self._folder.erase(erased)
            self._erase -= erased

    def _new_reports(self) -> list[Report]:
        tracks = self._tracks
        new_speakers, tracks.new_speakers = tracks.new_speakers, []
        unplaced_gaps, tracks.unplaced_gaps = tracks.unplaced_gaps, []
        heard = [
            Heard(speaker=Speaker(discord_id=str(one.user_id), name=self._name_of(one.user_id)), ssrc=one.ssrc)
            for one in new_speakers
        ]
        missed = [Missed(gap=one.gap, discord_id=str(one.user_id) if one.user_id else None) for one in unplaced_gaps]
        return [*heard, *missed]
