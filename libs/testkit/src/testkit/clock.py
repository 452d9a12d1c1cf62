"""A clock that goes when it is told to."""

from datetime import datetime, timedelta

from contracts.times import now


class Clock:
    """Stands in for `contracts.times.now`: call it for the time."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at = at or now()

    def __call__(self) -> datetime:
        return self._at

    def advance(self, **duration: float) -> datetime:
        """Go on by a duration, named as in timedelta: `clock.advance(minutes=10)`."""
        self._at += timedelta(**duration)
        return self._at

    def set(self, at: datetime) -> None:
        """Jump."""
        self._at = at
