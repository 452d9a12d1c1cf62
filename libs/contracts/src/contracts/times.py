"""Moments: aware UTC datetimes with milliseconds, as the public surface shows them (RFC 3339)."""

import math
from datetime import UTC, datetime
from typing import Final

NEVER: Final = -math.inf
"""Not yet, for a time of `time.monotonic()`: its zero may be a second ago, on a machine that has just booted."""


def now() -> datetime:
    """This moment, cut to whole milliseconds."""
    return whole_milliseconds(datetime.now(UTC))


def whole_milliseconds(moment: datetime) -> datetime:
    """The same moment without what the wire cannot carry."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T10:15:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
