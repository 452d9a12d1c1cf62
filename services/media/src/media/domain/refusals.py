"""Why something cannot be done to a recording or an upload."""

from contracts.problems import Conflict, Forbidden, Kind, Problem, RateLimited, TooLarge


class GuildNotLinked(Conflict):
    code, title = "guild_not_linked", "This Discord server is not linked to this space"


class AlreadyRecording(Conflict):
    code, title = "already_recording", "This voice channel is already being recorded"


class NotNow(Conflict):
    code, title = "not_now", "The recording cannot do this right now"


class RecordingOver(Conflict):
    code, title = "recording_over", "The recording has ended and can no longer change"


class AlreadyClaimed(Conflict):
    """Another recorder holds the lease; it may be claimed after `Retry-After`, if that one is lost."""

    code, title = "already_claimed", "Another recorder has claimed this recording"


class IdentityBusy(Conflict):
    """A bot can be in one voice channel of a Discord server."""

    code, title = "identity_busy", "This bot is already recording in this Discord server"


class LeaseLost(Conflict):
    code, title = "lease_lost", "This recorder has lost its lease on the recording"


class OptedOut(Forbidden):
    """Not a byte of this speaker may be stored: destroy it."""

    code, title = "opted_out", "This speaker has opted out of being recorded"


class SegmentDiffers(Conflict):
    code, title = "segment_differs", "A segment with this id already exists with other contents"


class SegmentMissing(Conflict):
    code, title = "segment_missing", "The segment has not been uploaded"


class SegmentDamaged(Conflict):
    """What lies in the store is not what was announced: upload it again."""

    code, title = "segment_damaged", "The uploaded bytes do not match the announced checksum"


class SegmentLost(Problem):
    """The store no longer has what it had. Waiting does not bring it back."""

    code, kind, title = "segment_lost", Kind.GONE, "Part of the recording is missing from the object store"


class NoRoom(TooLarge):
    code, title = "no_room", "The recording has reached one of its limits"


class SpaceFull(TooLarge):
    code, title = "space_full", "This space has no storage left for the file"


class ReservationsFull(RateLimited):
    code, title = "reservations_full", "Finish or delete your pending uploads first"


class UploadMissing(Conflict):
    code, title = "upload_missing", "The file has not been uploaded"


class UploadAttached(Conflict):
    """Messages have no dead attachments: deleting the message deletes the file."""

    code, title = "upload_attached", "A message shows this file. Delete the message instead"
