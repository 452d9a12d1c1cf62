"""What people should look at while it records."""

import msgspec

NO_AUDIO = "no_audio"
DEAFENED = "deafened"
HIGH_LATENCY = "high_latency"
TOO_MANY_SPEAKERS = "too_many_speakers"
NICKNAME_REFUSED = "nickname_refused"
SEGMENTS_REFUSED = "segments_refused"
DISK_FULL = "disk_full"
UNDECRYPTABLE = "undecryptable"
CONNECT_LOST = "connect_lost"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How it looks from here."""

    people_present: int
    unheard_seconds: float
    """Since when nobody has been heard, though somebody is there."""
    deafened: bool
    latency_ms: float
    speakers_refused: bool = False
    segments_refused: bool = False
    disk_failing: bool = False
    undecryptable: bool = False
    may_connect: bool = True
    """Whether the recorder could come back into the channel."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    no_audio_seconds: float
    latency_ms_max: float


def health_warnings(health: Health, thresholds: Thresholds) -> frozenset[str]:
    found = {
        NO_AUDIO: health.people_present > 0 and health.unheard_seconds >= thresholds.no_audio_seconds,
        DEAFENED: health.deafened,
        HIGH_LATENCY: health.latency_ms > thresholds.latency_ms_max,
        TOO_MANY_SPEAKERS: health.speakers_refused,
        SEGMENTS_REFUSED: health.segments_refused,
        DISK_FULL: health.disk_failing,
        UNDECRYPTABLE: health.undecryptable,
        CONNECT_LOST: not health.may_connect,
    }
    return frozenset(code for code, is_so in found.items() if is_so)
