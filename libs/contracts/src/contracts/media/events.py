"""What media tells. Topic `recordings:<space id>`; the data is what members see, unchanged."""

from typing import ClassVar

from contracts.events import Event
from contracts.media.recordings import Consent, Note, Recording


class RecordingRequested(Recording, Event, frozen=True, kw_only=True):
    """Somebody wants a voice channel recorded. Recorders read it as a consumer group, and claim it."""

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
