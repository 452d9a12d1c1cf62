"""What recorders and media say to each other."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from contracts.media.recordings import (
    Gap,
    PacketCounts,
    Recording,
    RecordingState,
    RecordingWarning,
    Speaker,
    StopReason,
)


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """At this moment the recording stood at this position; while it is paused, it stays there."""

    at: datetime
    position_ms: int


class ClaimWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`identity` is the bot's Discord id, `holder` the recorder's own name, which survives its restart (spool)."""

    identity: str
    holder: str


class TrackSoFar(msgspec.Struct, frozen=True, kw_only=True):
    """Where a track stands: samples at 48 kHz since the beginning of the recording, acknowledged or reserved."""

    number: int
    discord_id: str
    last_sample: int


class RecorderLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What media takes at most; the recorder ends the recording before."""

    length_ms_max: int
    bytes_max: int
    tracks_max: int
    segment_bytes_max: int


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder of a lease is to do now: be in this `state`, write nobody of `opted_out`, report again before
    `lease_expires_at`."""

    state: RecordingState
    opted_out: tuple[str, ...]
    lease_expires_at: datetime


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """The recording is this recorder's. With an `anchor` it goes on: position = position_ms + (now - at)."""

    recording: Recording
    lease_id: UUID
    orders: Orders
    anchor: Anchor | None = None
    tracks: tuple[TrackSoFar, ...] = ()
    limits: RecorderLimits


class Joined(msgspec.Struct, frozen=True, kw_only=True, tag="joined"):
    """In the voice channel, announced; `anchor` is when the recording begins (position 0) or goes on."""

    anchor: Anchor


class Paused(msgspec.Struct, frozen=True, kw_only=True, tag="paused"):
    """The pause that was ordered has begun; this is where the recording stands."""

    anchor: Anchor


class Resumed(msgspec.Struct, frozen=True, kw_only=True, tag="resumed"):
    """It goes on from here."""

    anchor: Anchor


class Progressed(msgspec.Struct, frozen=True, kw_only=True, tag="progressed"):
    """The heartbeat, every few seconds. `packets` by Discord id, counted since the recording began."""

    position_ms: int
    packets: dict[str, PacketCounts] = {}


class Heard(msgspec.Struct, frozen=True, kw_only=True, tag="heard"):
    """Somebody is in the channel and may be heard, under this SSRC; told before their first segment is reserved."""

    speaker: Speaker
    ssrc: int


class Missed(msgspec.Struct, frozen=True, kw_only=True, tag="missed"):
    """A gap that lies in no segment (a crash, a reconnection): in one speaker's track, or in all."""

    gap: Gap
    discord_id: str | None = None


class Warned(msgspec.Struct, frozen=True, kw_only=True, tag="warned"):
    """Something that people should look at."""

    warning: RecordingWarning


class Stopped(msgspec.Struct, frozen=True, kw_only=True, tag="stopped"):
    """Nothing more is written; the recording is this long. Segments may still be on their way."""

    position_ms: int
    reason: StopReason = StopReason.ASKED


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """Every segment is acknowledged; the recorder has forgotten the recording and gives its lease back."""

    packets: dict[str, PacketCounts] = {}


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """It cannot be recorded, and why (for people to read)."""

    reason: str


Report = Joined | Paused | Resumed | Progressed | Heard | Missed | Warned | Stopped | Finished | Failed


class RecorderReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /internal/recordings/{id}/reports`. Each one renews the lease; a repeat changes nothing."""

    lease_id: UUID
    report: Report


class SegmentWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a track, whole Ogg pages, to be uploaded: `first_sample <= ... < last_sample` at 48 kHz since the
    beginning of the recording (granule positions). `id` is the recorder's, the same at every repeat.

    Pages may bear any serial and number, and headers may stand first: media writes its own.
    """

    id: UUID
    discord_id: str
    first_sample: int
    last_sample: int
    size: int
    sha256: str
    """64 hexadecimal digits."""
    gaps: tuple[Gap, ...] = ()


class SegmentState(StrEnum):
    """`acknowledged`: media answers for it, the recorder may forget it."""

    RESERVED = "reserved"
    ACKNOWLEDGED = "acknowledged"


class SegmentReserved(msgspec.Struct, frozen=True, kw_only=True):
    """Where to `PUT` the bytes, with exactly these headers; no `url` when it is acknowledged already."""

    id: UUID
    track: int
    state: SegmentState
    url: str | None = None
    headers: dict[str, str] = {}
    expires_at: datetime | None = None


class SegmentAcknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes are there, and are what was announced."""

    id: UUID
    track: int
    sha256: str
