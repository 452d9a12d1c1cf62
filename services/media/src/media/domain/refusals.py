"""Why something cannot be done to a recording or an upload."""

from contracts.problems import Conflict, Forbidden, Kind, Problem, RateLimited, TooLarge


class GuildNotLinked(Conflict):
    code, title = "guild_not_linked", "This Discord server is linked to no space, or to another one"


class AlreadyRecording(Conflict):
    code, title = "already_recording", "This voice channel is being recorded"


class NotNow(Conflict):
    code, title = "not_now", "The recording is in no state for this"


class RecordingOver(Conflict):
    code, title = "recording_over", "The recording is complete; nothing can be added to it"


class AlreadyClaimed(Conflict):
    """Another recorder holds the lease; it may be claimed after `Retry-After`, if that one is lost."""

    code, title = "already_claimed", "Another recorder has this recording"


class IdentityBusy(Conflict):
    """A bot can be in one voice channel of a Discord server."""

    code, title = "identity_busy", "This bot is recording something else in the same Discord server"


class LeaseLost(Conflict):
    code, title = "lease_lost", "The recording is no longer this recorder's"


class OptedOut(Forbidden):
    """Not a byte of this speaker may be stored: destroy it."""

    code, title = "opted_out", "This speaker does not want to be recorded"


class SegmentDiffers(Conflict):
    code, title = "segment_differs", "A segment with this id was announced with other contents"


class SegmentMissing(Conflict):
    code, title = "segment_missing", "The segment has not been uploaded"


class SegmentDamaged(Conflict):
    """What lies in the store is not what was announced: upload it again."""

    code, title = "segment_damaged", "The uploaded bytes are not those that were announced"


class SegmentLost(Problem):
    """The store no longer has what it had. Waiting does not bring it back."""

    code, kind, title = "segment_lost", Kind.GONE, "A part of the recording is no longer in the object store"


class NoRoom(TooLarge):
    code, title = "no_room", "The recording has reached one of its limits"


class SpaceFull(TooLarge):
    code, title = "space_full", "The files of this space would take more room than it has"


class ReservationsFull(RateLimited):
    code, title = "reservations_full", "Complete or delete what you have begun to upload first"


class UploadMissing(Conflict):
    code, title = "upload_missing", "The file has not been uploaded"


class UploadAttached(Conflict):
    """Messages have no dead attachments: deleting the message deletes the file."""

    code, title = "upload_attached", "A message shows this file: delete the message"
