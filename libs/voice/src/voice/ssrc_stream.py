"""One SSRC's packets: put in order, and held until they can be opened."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from voice.accounts import Account, Cause
from voice.events import Frame, Gap, Heard
from voice.limits import Limits
from voice.rtp import Packet

MAX_JUMP = 3_000
MAX_MISORDER = 100
"""RFC 3550, appendix A.1: further away than this, the sender has restarted."""
FRAME_NS = 20_000_000

Tell = Callable[[Heard], object]


class Keys(Protocol):
    @property
    def state(self) -> int:
        """Grows with everything that may make a frame openable that was not."""
        ...

    def open(self, user_id: int, payload: bytes, *, arrived_ns: int) -> bytes | Cause:
        """The Opus packet, or why there is none, as yet."""
        ...

    def forget(self, user_id: int) -> None: ...


class Arrival(msgspec.Struct):
    packet: Packet
    at_ns: int
    tried: int = -1
    """The state of the keys when opening it failed last, and why it failed."""
    obstacle: Cause = Cause.UNDECRYPTABLE


class SsrcStream:
    """Packets leave in sequence. The first in line holds up all behind it while it waits for one that was overtaken, or
    for its key; both only for so long."""

    def __init__(
        self, ssrc: int, *, user_id: int | None, account: Account, keys: Keys, tell: Tell, limits: Limits
    ) -> None:
        self.ssrc = ssrc
        self.user_id = user_id
        self.left_at_ns: int | None = None
        self._account = account
        self._keys = keys
        self._tell = tell
        self._reorder_ns = round(limits.reorder_seconds * 1e9)
        self._hold_ns = round(limits.hold_seconds * 1e9)
        self._limit = limits.held_packets
        self._waiting: dict[int, Arrival] = {}
        self._next: int | None = None
        self._newest: int | None = None
        self._missed: set[int] = set()

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def continues(self, sequence: int) -> bool:
        """Whether a packet with this number can belong to what was received so far."""
        number = self._unwrap(sequence)
        newest, first = self._newest, self._next
        if newest is None:
            return True
        return number - newest <= MAX_JUMP and number >= (newest if first is None else first) - MAX_MISORDER

    def receive(self, packet: Packet, at_ns: int) -> None:
        if not self._waiting and self._next is not None and packet.sequence == self._next & 0xFFFF:
            self._receive_next(packet, at_ns, number=self._next)
        else:
            self._receive_any(packet, at_ns)

    def drain(self, now_ns: int) -> None:
        """Let go of everything that needs to wait no longer."""
        while self._waiting:
            number = min(self._waiting)
            arrival = self._waiting[number]
            age_ns = now_ns - arrival.at_ns
            if number != self._next and age_ns < self._reorder_ns:
                return
            opened = self._open(arrival)
            if isinstance(opened, bytes):
                self._deliver(number, opened)
            elif age_ns >= self._hold_ns:
                self._give_up(number, opened)
            else:
                return

    def finish(self) -> list[Arrival]:
        """Deliver now what can be opened. What cannot is answered, and is no longer in the account."""
        locked: list[Arrival] = []
        for number in sorted(self._waiting):
            opened = self._open(self._waiting[number])
            if isinstance(opened, bytes):
                self._deliver(number, opened)
            else:
                locked.append(self._waiting.pop(number))
                self._account.held -= 1
                self._account.received -= 1
        return locked

    def abandon(self) -> None:
        """Deliver now what can be opened, and drop the rest."""
        for number in sorted(self._waiting):
            opened = self._open(self._waiting[number])
            if isinstance(opened, bytes):
                self._deliver(number, opened)
            else:
                self._give_up(number, opened)

    def _receive_next(self, packet: Packet, at_ns: int, *, number: int) -> None:
        """Nearly every packet is the one that is expected: it need not wait even for a moment."""
        self._account.received += 1
        self._newest = number
        arrival = Arrival(packet, at_ns)
        opened = self._open(arrival)
        if isinstance(opened, bytes):
            self._next = number + 1
            self._tell_frame(arrival, opened)
        else:
            self._waiting[number] = arrival
            self._account.held += 1

    def _receive_any(self, packet: Packet, at_ns: int) -> None:
        if not self.continues(packet.sequence):
            self._restart(packet, at_ns)
        self._account.received += 1
        number = self._unwrap(packet.sequence)
        if self._newest is None or number > self._newest:
            self._newest = number
        if self._next is not None and number < self._next:
            self._came_too_late(number)
        elif number in self._waiting:
            self._account.dropped[Cause.DUPLICATE] += 1
        else:
            self._waiting[number] = Arrival(packet, at_ns)
            self._account.held += 1
            if len(self._waiting) > self._limit:
                self._give_up(min(self._waiting), Cause.OVERFLOW)
            self.drain(at_ns)

    def _open(self, arrival: Arrival) -> bytes | Cause:
        if self.user_id is None:
            return Cause.UNKNOWN_SPEAKER
        if arrival.tried == self._keys.state:
            return arrival.obstacle
        opened = self._keys.open(self.user_id, arrival.packet.payload, arrived_ns=arrival.at_ns)
        if isinstance(opened, Cause):
            arrival.tried, arrival.obstacle = self._keys.state, opened
        return opened

    def _deliver(self, number: int, opened: bytes) -> None:
        self._tell_frame(self._take(number), opened)

    def _tell_frame(self, arrival: Arrival, opened: bytes) -> None:
        packet = arrival.packet
        if self.user_id is None:
            raise RuntimeError("a frame needs a speaker to be delivered")
        frame = Frame(self.user_id, self.ssrc, packet.sequence, packet.timestamp, arrival.at_ns, opened)
        self._account.delivered += 1
        self._tell(frame)

    def _give_up(self, number: int, cause: Cause) -> None:
        arrival = self._take(number)
        self._account.dropped[cause] += 1
        self._report(number, 1, cause, arrival.at_ns)

    def _take(self, number: int) -> Arrival:
        """Remove the first in line; what is missing before it is lost."""
        arrival = self._waiting.pop(number)
        self._account.held -= 1
        if self._next is not None and number > self._next:
            lost = range(self._next, number)
            self._account.lost += len(lost)
            self._missed = {missed for missed in self._missed if missed >= number - MAX_MISORDER} | set(lost)
            self._report(self._next, len(lost), Cause.LOST, arrival.at_ns - len(lost) * FRAME_NS)
        self._next = number + 1
        return arrival

    def _came_too_late(self, number: int) -> None:
        if number in self._missed:
            self._missed.discard(number)
            self._account.lost -= 1
            self._account.dropped[Cause.LATE] += 1
        else:
            self._account.dropped[Cause.DUPLICATE] += 1

    def _restart(self, packet: Packet, at_ns: int) -> None:
        self.abandon()
        self._next = self._newest = None
        self._missed.clear()
        self._report(packet.sequence, 0, Cause.RESTARTED, at_ns)

    def _report(self, number: int, packets: int, cause: Cause, at_ns: int) -> None:
        self._tell(Gap(self.user_id, self.ssrc, number & 0xFFFF, packets, cause, at_ns))

    def _unwrap(self, sequence: int) -> int:
        """The 16-bit number as one that goes on counting, next to the newest one."""
        if self._newest is None:
            return sequence
        distance = (sequence - self._newest) & 0xFFFF
        return self._newest + (distance if distance < 0x8000 else distance - 0x10000)
