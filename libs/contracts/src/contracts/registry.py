"""Every event there is, by its type: for decoding, for the catalogue in docs/streams.md, for tests."""

from typing import Final

from contracts import auth, media, messaging
from contracts.events import Event

EVENTS: Final[tuple[type[Event], ...]] = (
    auth.UserRegistered,
    auth.UserUpdated,
    auth.UserDeleted,
    auth.SessionRevoked,
    auth.IdentityLinked,
    auth.IdentityUnlinked,
    messaging.SpaceUpdated,
    messaging.SpaceDeleted,
    messaging.AccessChanged,
    messaging.ChannelCreated,
    messaging.ChannelUpdated,
    messaging.ChannelDeleted,
    messaging.MemberJoined,
    messaging.MemberUpdated,
    messaging.MemberLeft,
    messaging.MessagePosted,
    messaging.MessageEdited,
    messaging.MessageDeleted,
    messaging.ReactionAdded,
    messaging.ReactionRemoved,
    messaging.MessagePinned,
    messaging.MessageUnpinned,
    messaging.ThreadCreated,
    messaging.ThreadUpdated,
    messaging.ReadMoved,
    messaging.MentionAdded,
    messaging.MentionRemoved,
    media.RecordingRequested,
    media.RecordingClaimed,
    media.RecordingStarted,
    media.RecordingPaused,
    media.RecordingResumed,
    media.RecordingProgressed,
    media.RecordingFinished,
    media.RecordingReady,
    media.RecordingFailed,
    media.RecordingDeleted,
    media.RecordingRestored,
    media.NoteAdded,
    media.ConsentChanged,
)

BY_TYPE: Final[dict[str, type[Event]]] = {event.TYPE: event for event in EVENTS}
