"""From the tracks to the disk, at short intervals, so that a crash costs no more than one of them."""

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from contracts.media import Heard, Missed, PacketCounts, Report, Speaker
from recorder_bot.domain import accounts
from recorder_bot.domain.state import Checkpoint
from recorder_bot.domain.tracks import Tracks
from recorder_bot.store.completion import run_to_completion
from recorder_bot.store.spool import Folder
from recorder_bot.usecases.meters import PacketMeter
from recorder_bot.usecases.report_queue import ReportQueue
from voice import VoiceConnection


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
        checkpoint = Checkpoint(position=tracks.position(now_ns), ends=tracks.ends, packets=dict(self.packets()))
        self._meter.look(checkpoint.packets)
        pieces = tracks.drain_all(now_ns) if last else tracks.drain(now_ns)
        await self._reports.add(*self._new_reports())
        self.bytes_written += await self._folder.write(pieces)
        erased, self._erase = self._erase, set()
        if erased:
            await self._folder.erase(erased)
        if tracks.clock:
            await self._folder.mark(msgspec.structs.replace(checkpoint, bytes_written=self.bytes_written))

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
