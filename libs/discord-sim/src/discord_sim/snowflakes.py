"""Ids as Discord makes them: milliseconds since 2015, then a counter; so an id tells its time and sorts by it."""

from collections.abc import Callable

DISCORD_EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Hands out ids that never repeat and never go back, even when the clock does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        now = (int(self._clock() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def born(snowflake: int) -> float:
    """The Unix time at which the id was made."""
    return ((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000
