"""When a recording ends by itself."""

import msgspec

from contracts.media import StopReason


class Endings(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording may be at most; the first that is reached ends it."""

    length_ms_max: int
    bytes_max: int
    silence_seconds_max: float
    empty_seconds_max: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it is now. `silent_seconds`: nobody said a word; `empty_seconds`: nobody else was in the channel."""

    position_ms: int = 0
    bytes_written: int = 0
    silent_seconds: float = 0.0
    empty_seconds: float = 0.0


def ending(endings: Endings, standing: Standing) -> StopReason | None:
    reached = {
        StopReason.LENGTH: standing.position_ms >= endings.length_ms_max,
        StopReason.SIZE: standing.bytes_written >= endings.bytes_max,
        StopReason.EMPTY: standing.empty_seconds >= endings.empty_seconds_max,
        StopReason.SILENCE: standing.silent_seconds >= endings.silence_seconds_max,
    }
    return next((reason for reason, is_reached in reached.items() if is_reached), None)
