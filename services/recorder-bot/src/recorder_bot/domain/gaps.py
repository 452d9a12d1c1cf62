"""What is missing from a track, where, and why; neighbours of one cause are one gap."""

from collections.abc import Iterable

import msgspec

from contracts.media import Gap
from recorder_bot.domain.clock import milliseconds

RECONNECTED = "reconnected"
"""The voice connection was lost; what was said until it stood again was never received."""
RESTARTED = "recorder_restarted"
"""The recorder was not running."""
DISK_FULL = "disk_full"
"""The recorder's disk had no room."""
DISK_FAILED = "disk_failed"
"""The recorder's disk did not take it, for another reason."""
MOVED = "moved"
"""Until people in the other channel had been told that they are recorded."""


class UnplacedGap(msgspec.Struct, frozen=True):
    """A gap that lies in no segment: of one speaker, or of all."""

    gap: Gap
    user_id: int | None = None


def gap(start: int, end: int, cause: str) -> Gap:
    """From and to in samples."""
    start_ms = milliseconds(start)
    return Gap(start_ms=start_ms, length_ms=milliseconds(end) - start_ms, cause=cause)


def merged(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    found: list[Gap] = []
    for each in sorted(gaps, key=lambda one: (one.cause, one.start_ms)):
        last = found[-1] if found else None
        if last and last.cause == each.cause and each.start_ms <= last.start_ms + last.length_ms:
            end = max(last.start_ms + last.length_ms, each.start_ms + each.length_ms)
            found[-1] = Gap(start_ms=last.start_ms, length_ms=end - last.start_ms, cause=last.cause)
        else:
            found.append(each)
    return tuple(sorted(found, key=lambda one: one.start_ms))
