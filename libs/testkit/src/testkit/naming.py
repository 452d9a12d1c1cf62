"""Holds what was said against what was heard and what was named as missing, frame by frame."""

import itertools
import time
from collections.abc import Iterable

import msgspec

from discord_sim.voice.ledger import Sent, digest
from voice import Closed, Frame, Gap, Heard, Moved, Outage, Reconnected

Heardings = Iterable[tuple[Heard, int]]
"""What was heard, and when the listener was told."""


class Naming(msgspec.Struct, frozen=True):
    """Of one connection. `gaps` are of one SSRC each, what else there is of everybody, in nanoseconds."""

    frames: dict[bytes, Frame]
    """By the digest of what was said."""
    gaps: dict[tuple[int, int], Gap]
    outages: tuple[tuple[int, float], ...]
    absences: tuple[tuple[int, float], ...]
    """The bot was in another channel."""
    sessions: tuple[int, ...]
    """When each voice session but the first began."""

    def names(self, sent: Sent) -> bool:
        in_gap = (sent.ssrc, sent.sequence) in self.gaps
        return in_gap or any(
            since_ns <= sent.at_ns <= until_ns for since_ns, until_ns in (*self.outages, *self.absences)
        )

    def unnamed(self, sent: Iterable[Sent]) -> list[Sent]:
        """What is missing though nothing says so."""
        return [each for each in sent if each.digest not in self.frames and not self.names(each)]

    def misnamed(self, sent: Iterable[Sent]) -> list[Sent]:
        """What is in a gap though it was heard."""
        return [each for each in sent if each.digest in self.frames and (each.ssrc, each.sequence) in self.gaps]

    def heard_in_spans(self) -> list[int]:
        """Frames that arrived while nothing is said to have arrived."""
        return [
            frame.arrived_ns
            for frame in self.frames.values()
            if any(since_ns < frame.arrived_ns < until_ns for since_ns, until_ns in self.outages)
        ]

    def knowable(self, lost: Sent) -> bool:
        """Whether packets of the same stream were received both before and after this lost one: then their numbers
        tell of it. A stream begins again with each session of ours."""
        numbers = [
            (frame.sequence - lost.sequence + 0x8000) % 0x10000 - 0x8000
            for frame in self.frames.values()
            if frame.ssrc == lost.ssrc and self._session(frame.arrived_ns) == self._session(lost.at_ns)
        ]
        return any(number < 0 for number in numbers) and any(number > 0 for number in numbers)

    def _session(self, at_ns: int) -> int:
        return sum(began_ns <= at_ns for began_ns in self.sessions)


class Listening:
    """A listener that also notes when it was told."""

    def __init__(self, heard: list[Heard]) -> None:
        self._heard = heard
        self._at_ns: list[int] = []

    def __call__(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._at_ns.append(time.monotonic_ns())

    def around(self, at_ns: int, *, within_seconds: float = 2.0) -> list[str]:
        """What was told besides frames and gaps, in seconds from then."""
        return [
            f"{(told_ns - at_ns) / 1e9:+.3f} {heard}"
            for heard, told_ns in zip(self._heard, self._at_ns, strict=True)
            if abs(told_ns - at_ns) < within_seconds * 1e9 and not isinstance(heard, Frame | Gap)
        ]

    def naming(self, *, home: int) -> Naming:
        """`home` is the channel whose people are looked for: nothing of them is heard anywhere else."""
        told = list(zip(self._heard, self._at_ns, strict=True))
        return Naming(
            frames={digest(heard.opus): heard for heard, _ in told if isinstance(heard, Frame)},
            gaps={
                (heard.ssrc, (heard.sequence + number) & 0xFFFF): heard
                for heard, _ in told
                if isinstance(heard, Gap)
                for number in range(heard.packets)
            },
            outages=tuple(_outages(told)),
            absences=tuple(_absences(told, home=home)),
            sessions=tuple(heard.at_ns for heard, _ in told if isinstance(heard, Reconnected) and not heard.resumed),
        )


def _outages(told: Heardings) -> Iterable[tuple[int, float]]:
    for heard, at_ns in told:
        match heard:
            case Outage():
                yield heard.since_ns, heard.until_ns
            case Closed():
                yield heard.last_good_ns or at_ns, float("inf")
            case _:
                pass


def _absences(told: Heardings, *, home: int) -> Iterable[tuple[int, float]]:
    moves = [(heard.channel_id, at_ns) for heard, at_ns in told if isinstance(heard, Moved)]
    for (channel_id, since_ns), (_, until_ns) in itertools.pairwise([*moves, (home, float("inf"))]):
        if channel_id != home:
            yield int(since_ns), until_ns
