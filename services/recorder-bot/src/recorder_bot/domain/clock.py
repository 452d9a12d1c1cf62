"""How the time of the world becomes the time of the recording."""

from collections import deque

import msgspec

from voice import opus

KEPT_MAX = 100
SAMPLES_PER_MS = opus.SAMPLE_RATE // 1000


class RecordingClock(msgspec.Struct, frozen=True, kw_only=True):
    """At `at_ns` (monotonic) the recording stood at `samples`; from there it runs, or stands still."""

    at_ns: int
    samples: int
    running: bool = True

    def position(self, at_ns: int) -> int:
        """In samples at 48 kHz since the beginning of the recording, without its pauses."""
        if not self.running:
            return self.samples
        return self.samples + max(0, at_ns - self.at_ns) * SAMPLES_PER_MS // 1_000_000

    def turned(self, at_ns: int, *, running: bool) -> "RecordingClock":
        """Paused, or going on, from `at_ns`."""
        return RecordingClock(at_ns=at_ns, samples=self.position(at_ns), running=running)


class ClockHistory:
    """The clock that runs and those before it: an outage is told late, and may have begun before the last pause."""

    def __init__(self) -> None:
        self._clocks: deque[RecordingClock] = deque(maxlen=KEPT_MAX)

    def add(self, clock: RecordingClock) -> None:
        self._clocks.append(clock)

    def position(self, at_ns: int) -> int:
        """In samples; 0 before the recording began."""
        for clock in reversed(self._clocks):
            if clock.at_ns <= at_ns:
                return clock.position(at_ns)
        return self._clocks[0].samples if self._clocks else 0


def milliseconds(samples: int) -> int:
    return samples // SAMPLES_PER_MS


def samples(milliseconds: int) -> int:
    return milliseconds * SAMPLES_PER_MS
