"""What is missing from a track, where, and why; neighbours of one cause are one gap."""

from collections.abc import Iterable

from contracts.media import Gap
from recorder_bot.domain.clock import milliseconds

RECONNECTED = "reconnected"
"""The voice connection was lost and made anew; what was said meanwhile was never received."""
RESTARTED = "recorder_restarted"
"""The recorder was not running."""
MOVED = "moved"
"""In another channel nobody had been told yet that they are recorded."""


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
