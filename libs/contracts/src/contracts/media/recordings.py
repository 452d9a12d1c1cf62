"""Recordings as their space sees them, and what people send to have and change them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

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
    """One speaker's audio. It plays as long as the recording; `acknowledged_ms` of it is certain so far. What was
    recorded before `erased_at` is gone: the speaker had it erased."""

    number: int
    speaker: Speaker
    acknowledged_ms: int = 0
    gap_count: int = 0
    gap_ms: int = 0
    packets: PacketCounts = msgspec.field(default_factory=PacketCounts)
    erased_at: datetime | None = None


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
    """A speaker's choice; `recording_id` absent: for every recording of the space. The newest one counts. With
    `erased`, what had been recorded of them was erased."""

    space_id: SpaceId
    recording_id: RecordingId | None = None
    discord_id: str
    choice: Choice
    at: datetime
    erased: bool = False


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
    """The body of `PUT .../consent`: for this recording, or for the whole `space`. `erase` goes with opting out of one
    recording: what it has of the speaker is removed for good."""

    choice: Choice
    whole_space: bool = False
    erase: bool = False


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
