"""Where on the recording's time each frame of a speaker belongs.

Inside a talk spurt the speaker's own clock counts (RTP timestamps), so that jitter on the way is not heard. Between
spurts arrival counts, because some clients stop their clock in silence and others don't: that of the quickest among
the first frames, because the first of all may have been held up. Over a long spurt the two clocks are compared, so
that a speaker who never pauses does not drift away from the others.
"""

import msgspec

from voice import opus
from voice.events import Frame

GRID = opus.SHORT_SILENCE_SAMPLES
"""Silence fills any multiple of this exactly."""
STALL_SAMPLES = 48_000
"""The network may hold up a spurt for this long; longer, and it is another spurt."""
PAUSE_SAMPLES = 2_880
"""After the silence that ends a spurt, so little more than usual already begins another one."""
JUMP_SAMPLES = 48_000
"""An RTP clock that leaps further than this says nothing about time."""
SPEAKING_SAMPLES = 3 * 48_000
"""For so long after a frame that is no silence its speaker counts as speaking: packets may be held back."""
OPENING_SAMPLES = 9_600
"""For so long the frames of a new spurt wait for a quicker one, or until it ends: after that the clocks may differ."""
WINDOW_SAMPLES = 5 * 48_000
"""For so long the clocks are compared before they are believed to differ: the quickest packet of it counts. A clock
that is wrong by 1,000 parts per million gains or loses 5 ms meanwhile, which keeps the track within 20 ms of it."""
CORRECTION_SAMPLES = 960
"""At most so much at once: what is more is no clock, but a network that holds everything up."""
LATE_SAMPLES = 360
"""A track that runs ahead of its speaker by more than 7.5 ms is held up by that much."""
EARLY_SAMPLES = 600
"""A track that lags behind its speaker by more than 12.5 ms must leave out a frame: less cannot be left out."""


class Placed(msgspec.Struct, frozen=True):
    """A frame and the sample of the recording at which it begins."""

    frame: Frame
    position: int


class Timeline:
    """`place` answers what belongs where, in order, nothing before the end of what came before it."""

    def __init__(self, *, end: int = 0) -> None:
        self.end = self.spoken_until = _on_grid_after(end)
        """Silence that fills up counts for `end` only."""
        self._ssrc: int | None = None
        self._timestamp = self._position = self._arrival = 0
        self._silent = False
        self._opening: list[tuple[Frame, int]] = []
        self._missed_until = 0
        self._window_from = 0
        self._least_lateness: int | None = None

    def place(self, frame: Frame, *, arrival: int) -> list[Placed] | None:
        """Those whose place is known by now; `arrival` is when this one came, in samples of the recording.

        None: leave it out, this speaker's clock runs too fast.
        """
        advance = (frame.timestamp - self._timestamp) & 0xFFFF_FFFF
        continues = self._continues(frame, advance, arrival)
        self._ssrc, self._timestamp, self._arrival = frame.ssrc, frame.timestamp, arrival
        self._silent = opus.is_silence(frame.opus)
        if not continues:
            placed = self.settle()
            self._opening = [(frame, arrival)]
            return placed
        if self._opening:
            self._opening.append((frame, arrival))
            return self.settle(None if self._silent else arrival)
        position = max(self._position + advance, self.end)
        correction = self._correction(arrival - position, arrival)
        if correction < 0:
            self._position = position - opus.samples(frame.opus)
            return None
        return [self._put(frame, position + correction)]

    def settle(self, now: int | None = None) -> list[Placed]:
        """The frames that began a spurt, if they have waited long enough by `now`, or in any case."""
        if not self._opening or (now is not None and now - self._opening[0][1] < OPENING_SAMPLES):
            return []
        opening, self._opening = self._opening, []
        first, _ = opening[0]
        waiting = [(frame, _advance(first, frame), arrival) for frame, arrival in opening]
        earliest = on_grid(min(arrival - advance for _, advance, arrival in waiting))
        begin = max(earliest, self.end, self._missed_until)
        self._compare_anew(opening[-1][1])
        return [self._put(frame, max(begin + advance, self.end)) for frame, advance, _ in waiting]

    def expected(self, arrival: int) -> int:
        """Where a frame belongs that did not come, though it should have, at `arrival` at the latest."""
        if self._ssrc is None or arrival - self.end > STALL_SAMPLES:
            return max(on_grid(arrival), self._missed_until)
        return max(self.end, self._missed_until)

    def skip(self, until: int) -> None:
        """What was expected up to here will not come."""
        self._missed_until = max(self._missed_until, _on_grid_after(until))
        if self._ssrc is not None:
            self.spoken_until = max(self.spoken_until, self._missed_until)

    def unfinished(self, now: int) -> int | None:
        """From where on audio may still be missing that arrived before `now`; None when nothing is under way."""
        if self._opening:
            first, _ = self._opening[0]
            return max(self.end, on_grid(min(at - _advance(first, frame) for frame, at in self._opening)))
        speaks = self._ssrc is not None and not self._silent and now - self.spoken_until <= SPEAKING_SAMPLES
        return self.spoken_until if speaks else None

    def break_off(self) -> None:
        """Whatever comes next begins a spurt."""
        self._ssrc = None

    def _put(self, frame: Frame, position: int) -> Placed:
        self._position = position
        self.end = self.spoken_until = position + opus.samples(frame.opus)
        return Placed(frame, position)

    def _continues(self, frame: Frame, advance: int, arrival: int) -> bool:
        if frame.ssrc != self._ssrc or not 0 < advance <= JUMP_SAMPLES or advance % GRID:
            return False
        stall = arrival - self._arrival - advance
        return abs(stall) <= (PAUSE_SAMPLES if self._silent else STALL_SAMPLES)

    def _compare_anew(self, arrival: int) -> None:
        self._window_from, self._least_lateness = arrival, None

    def _correction(self, lateness: int, arrival: int) -> int:
        """How much later than so far frames belong; below zero when they belong earlier, by whatever is left out."""
        least = lateness if self._least_lateness is None else min(lateness, self._least_lateness)
        self._least_lateness = least
        if arrival - self._window_from < WINDOW_SAMPLES:
            return 0
        self._compare_anew(arrival)
        if least < -EARLY_SAMPLES:
            return -1
        return on_grid(min(least, CORRECTION_SAMPLES)) if least > LATE_SAMPLES else 0


def _advance(first: Frame, frame: Frame) -> int:
    return (frame.timestamp - first.timestamp) & 0xFFFF_FFFF


def on_grid(samples: int) -> int:
    return samples // GRID * GRID


def _on_grid_after(samples: int) -> int:
    return -(-samples // GRID) * GRID
