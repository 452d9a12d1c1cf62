"""From the desk to the disk, at short intervals, so that a crash costs no more than one of them."""

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from contracts.media import Heard, Missed, PacketCounts, Report, Speaker
from recorder_bot.domain import accounts
from recorder_bot.domain.desk import Desk
from recorder_bot.domain.underway import Alive
from recorder_bot.store.spool import Folder
from recorder_bot.store.whole import whole
from recorder_bot.usecases.logbook import Logbook
from recorder_bot.usecases.meters import PacketMeter
from voice import VoiceConnection


class Scribe:
    """Writes what the desk has, then notes until when all is written."""

    def __init__(
        self,
        desk: Desk,
        *,
        folder: Folder,
        logbook: Logbook,
        alive: Alive,
        name_of: Callable[[int], str],
    ) -> None:
        self._desk, self._folder, self._logbook = desk, folder, logbook
        self._name_of = name_of
        self._earlier: accounts.Ledger = dict(alive.packets)
        self._connection: VoiceConnection | None = None
        self._erase: set[str] = set()
        self._meter = PacketMeter(alive.packets)
        self.bytes_written = alive.bytes_written

    def listen_to(self, connection: VoiceConnection | None) -> None:
        """Whose packets are counted from now on; those of the one before stay counted."""
        if self._connection:
            self._earlier = accounts.total(self._earlier, accounts.of_connection(self._connection.counts()))
        self._connection = connection

    def packets(self) -> Mapping[str, PacketCounts]:
        current = self._connection.counts() if self._connection else {}
        return accounts.total(self._earlier, accounts.of_connection(current), self._desk.accounts.read())

    def erase(self, users: Iterable[int]) -> None:
        """With the next writing, everything of these people goes."""
        self._erase.update(map(str, users))

    async def write(self, *, last: bool = False) -> None:
        """Also when cancelled: what the desk has given away is nowhere else."""
        await whole(self._write(last=last))

    async def _write(self, *, last: bool) -> None:
        desk = self._desk
        now_ns = time.monotonic_ns()
        alive = Alive(position=desk.position(now_ns), ends=desk.ends, packets=dict(self.packets()))
        self._meter.look(alive.packets)
        pieces = desk.take_all(now_ns) if last else desk.take(now_ns)
        await self._logbook.tell(*self._reports())
        self.bytes_written += await self._folder.write(pieces)
        erased, self._erase = self._erase, set()
        if erased:
            await self._folder.erase(erased)
        if desk.course:
            await self._folder.mark(msgspec.structs.replace(alive, bytes_written=self.bytes_written))

    def _reports(self) -> list[Report]:
        desk = self._desk
        newcomers, desk.newcomers = desk.newcomers, []
        losses, desk.losses = desk.losses, []
        heard = [
            Heard(speaker=Speaker(discord_id=str(one.user_id), name=self._name_of(one.user_id)), ssrc=one.ssrc)
            for one in newcomers
        ]
        missed = [Missed(gap=one.gap, discord_id=str(one.user_id) if one.user_id else None) for one in losses]
        return [*heard, *missed]
