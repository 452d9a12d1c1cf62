"""Items that cannot be handled are set aside, each with its error and growing pauses, while the rest goes on."""

import time
from collections import deque
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from typing import Final

import msgspec
import structlog

from chassis.outages import is_outage

log = structlog.get_logger()

FIRST_SECONDS: Final = 10.0
SECONDS_MAX: Final = 3600.0
ITEMS_MAX: Final = 10_000
PER_MINUTE_MAX: Final = 100


class Resting(msgspec.Struct):
    """An item that failed; `until` is monotonic time."""

    error: str
    failures: int
    until: float


class SetAside:
    """What one worker could not handle. Kept in memory: after a restart everything is tried again.

    When more than `per_minute_max` items fail within a minute it is not the items: the error is raised, as a bug. None:
    never, where an item is passed over for good.
    """

    def __init__(
        self,
        name: str,
        *,
        first_seconds: float = FIRST_SECONDS,
        seconds_max: float = SECONDS_MAX,
        per_minute_max: int | None = PER_MINUTE_MAX,
    ) -> None:
        self.name = name
        self.total = 0
        self._first_seconds = first_seconds
        self._seconds_max = seconds_max
        self._items: dict[Hashable, Resting] = {}
        self._per_minute_max = per_minute_max
        self._failed_at: deque[float] = deque(maxlen=per_minute_max or 1)

    def __len__(self) -> int:
        return len(self._items)

    def is_resting(self, key: Hashable) -> bool:
        """Whether its pause is not over yet: leave it."""
        item = self._items.get(key)
        return item is not None and item.until > time.monotonic()

    def resting(self) -> list[Hashable]:
        """All keys whose pause is not over: what a query for the next item leaves out."""
        return [key for key in self._items if self.is_resting(key)]

    @contextmanager
    def handling(self, key: Hashable) -> Generator[None]:
        """Around the work on one item: it is set aside when it fails. An outage is not its fault, and is raised."""
        try:
            yield
        except Exception as error:
            if is_outage(error):
                raise
            self._set_aside(key, error)
            if self._are_too_many():
                raise
        else:
            self._items.pop(key, None)

    def _set_aside(self, key: Hashable, error: Exception) -> None:
        before = self._items.pop(key, None)
        failures = before.failures + 1 if before else 1
        pause = min(self._seconds_max, self._first_seconds * 2.0 ** min(failures - 1, 30))
        self._items[key] = Resting(repr(error)[:300], failures, time.monotonic() + pause)
        self.total += 1
        log.error("item.set_aside", worker=self.name, item=str(key), failures=failures, exc_info=error)
        while len(self._items) > ITEMS_MAX:
            self._items.pop(next(iter(self._items)))

    def _are_too_many(self) -> bool:
        if self._per_minute_max is None:
            return False
        first = self._failed_at[0] if len(self._failed_at) == self._failed_at.maxlen else None
        self._failed_at.append(time.monotonic())
        return first is not None and self._failed_at[-1] - first < 60
