"""What messaging tells: spaces, members, channels, messages. The data is what clients see, unchanged."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from contracts.auth import Profile
from contracts.events import Event
from contracts.files import AttachedFile
from contracts.ids import ChannelId, MessageId, RecordingId, SpaceId, UserId


class Role(StrEnum):
    """What a member may do, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    MEMBER = "member"


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """A community; may be linked to one Discord guild. `welcome_channel_id` announces who joins."""

    id: SpaceId
    name: str
    guild_id: str | None = None
    welcome_channel_id: ChannelId | None = None
    created_at: datetime
    archived_at: datetime | None = None


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A named conversation in a space. A thread is a channel that hangs on one message of its parent.

    Its facts are told where exactly those who may see it listen: a thread's on the parent's topic, a private
    channel's on its own, all others' on the space's.
    """

    id: ChannelId
    space_id: SpaceId
    name: str
    topic: str = ""
    private: bool = False
    parent_id: ChannelId | None = None
    parent_message_id: MessageId | None = None
    recording_id: RecordingId | None = None
    created_at: datetime
    archived_at: datetime | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a space."""

    space_id: SpaceId
    user: Profile
    role: Role
    joined_at: datetime


class MessageKind(StrEnum):
    """Who speaks: a person (`text`), or messaging itself about what the author did."""

    TEXT = "text"
    MEMBER_JOINED = "member_joined"
    MESSAGE_PINNED = "message_pinned"
    CHANNEL_RENAMED = "channel_renamed"


class Mentions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a message calls, as resolved when it was posted: people, roles, or everybody who sees the channel."""

    users: tuple[UserId, ...] = ()
    roles: tuple[Role, ...] = ()
    channel: bool = False


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """One emoji on a message; `me` is the reader's own."""

    emoji: str
    count: int
    me: bool = False


class ThreadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages a thread has (counted to a limit), and when the last of them was posted."""

    messages: int
    last_at: datetime | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as everybody sees it; `content` is Markdown, kept as it was written.

    In events `reactions` is empty: they travel in events of their own, and `me` differs between readers. A message
    of another `kind` than text has in `content` what it is about: the new name, or nothing. A deleted message stays
    as a tombstone: without content, mentions, attachments and reactions. `files` says what the `attachments` are; of
    those that were attached before this was kept it says nothing.
    """

    id: MessageId
    channel_id: ChannelId
    seq: int
    author: Profile
    content: str
    nonce: str | None = None
    reply_to: MessageId | None = None
    attachments: tuple[UUID, ...] = ()
    files: tuple[AttachedFile, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    at_ms: int | None = None
    kind: MessageKind = MessageKind.TEXT
    mentions: Mentions = Mentions()
    thread_id: ChannelId | None = None
    thread: ThreadSummary | None = None
    rev: int = 1
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    pinned_at: datetime | None = None


class SpaceUpdated(Space, Event, frozen=True, kw_only=True):
    """The space as it is now. Topic `space:<id>`, like all that concern the space as a whole."""

    TYPE: ClassVar[str] = "messaging.space_updated.v1"


class SpaceDeleted(Event, frozen=True, kw_only=True):
    """The space is gone, with all that was in it."""

    TYPE: ClassVar[str] = "messaging.space_deleted.v1"
    id: SpaceId


class AccessChanged(Event, frozen=True, kw_only=True):
    """What members see or may do changed in some channel, which is not named: fetch the space's channels again."""

    TYPE: ClassVar[str] = "messaging.access_changed.v1"
    space_id: SpaceId


class ChannelCreated(Channel, Event, frozen=True, kw_only=True):
    """A channel exists."""

    TYPE: ClassVar[str] = "messaging.channel_created.v1"


class ChannelUpdated(Channel, Event, frozen=True, kw_only=True):
    """The channel as it is now."""

    TYPE: ClassVar[str] = "messaging.channel_updated.v1"


class ChannelDeleted(Event, frozen=True, kw_only=True):
    """The channel is gone, and with it the `threads` that it had."""

    TYPE: ClassVar[str] = "messaging.channel_deleted.v1"
    id: ChannelId
    space_id: SpaceId
    threads: tuple[ChannelId, ...] = ()


class MemberJoined(Member, Event, frozen=True, kw_only=True):
    """Somebody became a member."""

    TYPE: ClassVar[str] = "messaging.member_joined.v1"


class MemberUpdated(Member, Event, frozen=True, kw_only=True):
    """A member's role or profile as it is now. If the role is your own, fetch the space and its channels again."""

    TYPE: ClassVar[str] = "messaging.member_updated.v1"


class MemberLeft(Event, frozen=True, kw_only=True):
    """Somebody is no longer a member: left, removed or banned. Their sockets lose the space's topics."""

    TYPE: ClassVar[str] = "messaging.member_left.v1"
    space_id: SpaceId
    user_id: UserId


class MessagePosted(Message, Event, frozen=True, kw_only=True):
    """A message was said. Topic `channel:<id>`, like all that concern one channel; the data is the message itself."""

    TYPE: ClassVar[str] = "messaging.message_posted.v1"


class MessageEdited(Message, Event, frozen=True, kw_only=True):
    """The message as it is now; whoever holds it keeps the reactions."""

    TYPE: ClassVar[str] = "messaging.message_edited.v1"


class MessageDeleted(Message, Event, frozen=True, kw_only=True):
    """The tombstone that stands where the message was. `attachments` are what it had, for media to let go."""

    TYPE: ClassVar[str] = "messaging.message_deleted.v1"


class ReactionAdded(Event, frozen=True, kw_only=True):
    """Somebody reacted; `count` is how many have this emoji there now."""

    TYPE: ClassVar[str] = "messaging.reaction_added.v1"
    channel_id: ChannelId
    message_id: MessageId
    user_id: UserId
    emoji: str
    count: int


class ReactionRemoved(Event, frozen=True, kw_only=True):
    """Somebody took a reaction back; `count` is how many are left, 0 for none."""

    TYPE: ClassVar[str] = "messaging.reaction_removed.v1"
    channel_id: ChannelId
    message_id: MessageId
    user_id: UserId
    emoji: str
    count: int


class MessagePinned(Event, frozen=True, kw_only=True):
    """A message is pinned in its channel."""

    TYPE: ClassVar[str] = "messaging.message_pinned.v1"
    channel_id: ChannelId
    message_id: MessageId
    pinned_by: UserId
    pinned_at: datetime


class MessageUnpinned(Event, frozen=True, kw_only=True):
    """A message is no longer pinned."""

    TYPE: ClassVar[str] = "messaging.message_unpinned.v1"
    channel_id: ChannelId
    message_id: MessageId


class ThreadCreated(Channel, Event, frozen=True, kw_only=True):
    """A thread hangs on the message `parent_message_id`. Topic `channel:<parent_id>`, like all about the thread."""

    TYPE: ClassVar[str] = "messaging.thread_created.v1"


class ThreadUpdated(ThreadSummary, Event, frozen=True, kw_only=True):
    """How the thread `id` stands now, told at most once in a while. Topic `channel:<parent_id>`."""

    TYPE: ClassVar[str] = "messaging.thread_updated.v1"
    id: ChannelId
    parent_id: ChannelId
    parent_message_id: MessageId


class ReadMoved(Event, frozen=True, kw_only=True):
    """The reader has read up to `seq`; so many unread mentions are left. Topic `user:<id>`: for other devices."""

    TYPE: ClassVar[str] = "messaging.read_moved.v1"
    channel_id: ChannelId
    seq: int
    mentions: int


class MentionAdded(Event, frozen=True, kw_only=True):
    """The reader was mentioned by name. Topic `user:<id>`; roles and whole channels are not told to each person."""

    TYPE: ClassVar[str] = "messaging.mention_added.v1"
    space_id: SpaceId
    channel_id: ChannelId
    message_id: MessageId
    seq: int


class MentionRemoved(Event, frozen=True, kw_only=True):
    """The message that mentioned the reader was deleted. Topic `user:<id>`."""

    TYPE: ClassVar[str] = "messaging.mention_removed.v1"
    channel_id: ChannelId
    message_id: MessageId
    seq: int
