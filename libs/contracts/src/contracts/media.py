"""What media tells, and what recorders and media say to each other. Topic of all events: `recordings:<space id>`."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from contracts.events import Event
from contracts.ids import ChannelId, RecordingId, SpaceId, UserId


class RecordingState(StrEnum):
    """`requested -> joining -> recording <-> paused -> finishing -> ready | failed`."""

    REQUESTED = "requested"
    JOINING = "joining"
    RECORDING = "recording"
    PAUSED = "paused"
    FINISHING = "finishing"
    READY = "ready"
    FAILED = "failed"


class StopReason(StrEnum):
    """Why a recording ended: somebody asked, a limit was hit, or it could not go on."""

    ASKED = "asked"
    LENGTH = "length"
    SIZE = "size"
    SILENCE = "silence"
    EMPTY = "empty"
    REMOVED = "removed"
    """The recorder was disconnected from the voice channel, or lost the right to be there."""
    RECORDER_LOST = "recorder_lost"
    """No recorder went on with it; it is finished from what was acknowledged."""


class Choice(StrEnum):
    """What a speaker wants: who has opted out is never written."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, as Discord knows them, and who that is here, if they have linked their account."""

    discord_id: str
    name: str
    user_id: UserId | None = None


class PacketCounts(msgspec.Struct, frozen=True, kw_only=True):
    """`received = written + the sum of dropped`, by cause; `lost` were never received."""

    received: int = 0
    written: int = 0
    lost: int = 0
    dropped: dict[str, int] = {}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Where a track is silent though its speaker may have spoken; `cause` as the receiver or media names it."""

    start_ms: int
    length_ms: int
    cause: str


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One speaker's audio. It plays as long as the recording; `acknowledged_ms` of it is certain so far."""

    number: int
    speaker: Speaker
    acknowledged_ms: int = 0
    gap_count: int = 0
    gap_ms: int = 0
    packets: PacketCounts = PacketCounts()


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A remark at a moment of the recording."""

    id: UUID
    recording_id: RecordingId
    at_ms: int
    text: str
    author_id: UserId | None = None
    author_discord_id: str | None = None
    created_at: datetime


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A speaker's choice; `recording_id` absent: for every recording of the space. The newest one counts."""

    space_id: SpaceId
    recording_id: RecordingId | None = None
    discord_id: str
    choice: Choice
    at: datetime


class RecordingWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people should look at: `no_audio`, `deafened`, `high_latency`, ..."""

    code: str
    detail: str = ""
    at: datetime


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording as every member of the space sees it; while it runs, `duration_ms` is its last reported position.

    `text_channel_id` is the Discord channel in which it was asked for; `channel_id` is its channel in messaging.
    """

    id: RecordingId
    space_id: SpaceId
    guild_id: str
    voice_channel_id: str
    text_channel_id: str | None = None
    title: str = ""
    state: RecordingState
    requested_by: UserId | None = None
    requested_by_discord: str | None = None
    channel_id: ChannelId | None = None
    tracks: tuple[Track, ...] = ()
    warnings: tuple[RecordingWarning, ...] = ()
    duration_ms: int = 0
    stop_reason: StopReason | None = None
    failure: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None


class RecordingRequested(Recording, Event, frozen=True, kw_only=True):
    """Somebody wants a voice channel recorded. A share of work for recorders, who claim it."""

    TYPE: ClassVar[str] = "media.recording_requested.v1"


class RecordingClaimed(Recording, Event, frozen=True, kw_only=True):
    """A recorder took it, for the first time or from one that was lost; it is on its way to the voice channel."""

    TYPE: ClassVar[str] = "media.recording_claimed.v1"


class RecordingStarted(Recording, Event, frozen=True, kw_only=True):
    """The recorder has joined and announced itself; from now on voices are written."""

    TYPE: ClassVar[str] = "media.recording_started.v1"


class RecordingPaused(Recording, Event, frozen=True, kw_only=True):
    """Nothing is to be written until it is resumed; the time of the recording stands still."""

    TYPE: ClassVar[str] = "media.recording_paused.v1"


class RecordingResumed(Recording, Event, frozen=True, kw_only=True):
    """Voices are to be written again."""

    TYPE: ClassVar[str] = "media.recording_resumed.v1"


class RecordingProgressed(Recording, Event, frozen=True, kw_only=True):
    """It is as here by now: how long, who speaks, how many packets, which warnings."""

    TYPE: ClassVar[str] = "media.recording_progressed.v1"


class RecordingFinished(Recording, Event, frozen=True, kw_only=True):
    """Nothing more is to be written; the last segments may be on their way."""

    TYPE: ClassVar[str] = "media.recording_finished.v1"


class RecordingReady(Recording, Event, frozen=True, kw_only=True):
    """Complete: every track plays as long as the recording, the manifest is final."""

    TYPE: ClassVar[str] = "media.recording_ready.v1"


class RecordingFailed(Recording, Event, frozen=True, kw_only=True):
    """Nothing was recorded; `failure` says why."""

    TYPE: ClassVar[str] = "media.recording_failed.v1"


class RecordingDeleted(Recording, Event, frozen=True, kw_only=True):
    """Put away; it can be restored for a time."""

    TYPE: ClassVar[str] = "media.recording_deleted.v1"


class RecordingRestored(Recording, Event, frozen=True, kw_only=True):
    """It is back."""

    TYPE: ClassVar[str] = "media.recording_restored.v1"


class NoteAdded(Note, Event, frozen=True, kw_only=True):
    """Somebody remarked on a moment."""

    TYPE: ClassVar[str] = "media.note_added.v1"


class ConsentChanged(Consent, Event, frozen=True, kw_only=True):
    """A speaker chose. Recorders obey at once: of who has opted out nothing more is written or uploaded."""

    TYPE: ClassVar[str] = "media.consent_changed.v1"


class RecordingWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/v1/recordings`; without `space_id`, the space that the guild is linked to."""

    guild_id: str
    voice_channel_id: str
    space_id: SpaceId | None = None
    text_channel_id: str | None = None
    title: str = ""


class NoteWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST .../notes`; without `at_ms`, now."""

    text: str
    at_ms: int | None = None


class ConsentWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PUT .../consent`: for this recording, or for the whole `space`."""

    choice: Choice
    whole_space: bool = False


class RecordingDetail(Recording, frozen=True, kw_only=True):
    """What `GET /api/v1/recordings/{id}` answers."""

    notes: tuple[Note, ...] = ()
    consents: tuple[Consent, ...] = ()
    gaps: dict[int, tuple[Gap, ...]] = {}
    """By track number."""
    manifest_url: str


class RecordingPage(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /api/v1/recordings` answers, newest first; `seq` is the position of `recordings:<space id>`."""

    items: tuple[Recording, ...]
    seq: int
    next_cursor: str | None = None


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
