"""What messaging tells: spaces, members, channels, messages. The data is what clients see, unchanged."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from contracts.auth import Profile
from contracts.events import Event
from contracts.ids import ChannelId, MessageId, SpaceId, UserId


class Role(StrEnum):
    """What a member may do, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    MEMBER = "member"


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """A community; may be linked to one Discord guild."""

    id: SpaceId
    name: str
    guild_id: str | None = None
    created_at: datetime


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A named conversation in a space."""

    id: ChannelId
    space_id: SpaceId
    name: str
    topic: str = ""
    private: bool = False
    created_at: datetime


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a space."""

    space_id: SpaceId
    user: Profile
    role: Role
    joined_at: datetime


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """One emoji on a message; `me` is the reader's own."""

    emoji: str
    count: int
    me: bool = False


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as everybody sees it; `content` is Markdown, kept as it was written."""

    id: MessageId
    channel_id: ChannelId
    seq: int
    author: Profile
    content: str
    nonce: str | None = None
    reply_to: MessageId | None = None
    attachments: tuple[UUID, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    at_ms: int | None = None
    rev: int = 1
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


class SpaceUpdated(Space, Event, frozen=True, kw_only=True):
    """The space as it is now. Topic `space:<id>`, like all that concern the space as a whole."""

    TYPE: ClassVar[str] = "messaging.space_updated.v1"


class ChannelCreated(Channel, Event, frozen=True, kw_only=True):
    """A channel exists."""

    TYPE: ClassVar[str] = "messaging.channel_created.v1"


class ChannelUpdated(Channel, Event, frozen=True, kw_only=True):
    """The channel as it is now."""

    TYPE: ClassVar[str] = "messaging.channel_updated.v1"


class ChannelDeleted(Event, frozen=True, kw_only=True):
    """The channel is gone."""

    TYPE: ClassVar[str] = "messaging.channel_deleted.v1"
    id: ChannelId
    space_id: SpaceId


class MemberJoined(Member, Event, frozen=True, kw_only=True):
    """Somebody became a member."""

    TYPE: ClassVar[str] = "messaging.member_joined.v1"


class MemberUpdated(Member, Event, frozen=True, kw_only=True):
    """A member's role or profile as it is now."""

    TYPE: ClassVar[str] = "messaging.member_updated.v1"


class MemberLeft(Event, frozen=True, kw_only=True):
    """Somebody is no longer a member: left, removed or banned. Their sockets lose the space's topics."""

    TYPE: ClassVar[str] = "messaging.member_left.v1"
    space_id: SpaceId
    user_id: UserId


class MessagePosted(Message, Event, frozen=True, kw_only=True):
    """A message was said. Topic `channel:<id>`, like all that concern one channel; the data is the message itself."""

    TYPE: ClassVar[str] = "messaging.message_posted.v1"
