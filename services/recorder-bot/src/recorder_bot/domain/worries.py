"""What people should look at while it records."""

import msgspec

NO_AUDIO = "no_audio"
DEAFENED = "deafened"
HIGH_LATENCY = "high_latency"
TOO_MANY_SPEAKERS = "too_many_speakers"
NICKNAME_REFUSED = "nickname_refused"
SEGMENTS_REFUSED = "segments_refused"


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """How it looks from here."""

    people_present: int
    unheard_seconds: float
    """Since when nobody has been heard, though somebody is there."""
    deafened: bool
    latency_ms: float
    speakers_refused: bool = False
    segments_refused: bool = False


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    no_audio_seconds: float
    latency_ms_max: float


def worries(signs: Signs, tolerance: Tolerance) -> frozenset[str]:
    found = {
        NO_AUDIO: signs.people_present > 0 and signs.unheard_seconds >= tolerance.no_audio_seconds,
        DEAFENED: signs.deafened,
        HIGH_LATENCY: signs.latency_ms > tolerance.latency_ms_max,
        TOO_MANY_SPEAKERS: signs.speakers_refused,
        SEGMENTS_REFUSED: signs.segments_refused,
    }
    return frozenset(code for code, is_so in found.items() if is_so)
