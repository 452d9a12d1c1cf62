"""Events to tell in tests."""

from typing import Any
from uuid import UUID

from contracts.auth import Profile, SessionRevoked
from contracts.ids import ChannelId, MessageId, SpaceId, UserId, new_id
from contracts.messaging import (
    ChannelDeleted,
    ChannelUpdated,
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    MessagePosted,
    Role,
)
from contracts.times import now

from .services import Person


def message(content: str = "hello") -> MessagePosted:
    author = Profile(id=UserId(new_id()), display_name="Ada")
    return MessagePosted(
        id=MessageId(new_id()), channel_id=ChannelId(new_id()), seq=1, author=author, content=content, created_at=now()
    )


def messages(count: int) -> list[MessagePosted]:
    return [message(str(number)) for number in range(1, count + 1)]


def left(space: str, person: Person) -> MemberLeft:
    return MemberLeft(space_id=SpaceId(UUID(space)), user_id=person.id)


def joined(space: str, person: Person) -> MemberJoined:
    return MemberJoined(**_member(space, person))


def updated(space: str, person: Person) -> MemberUpdated:
    return MemberUpdated(**_member(space, person))


def _member(space: str, person: Person) -> dict[str, Any]:
    profile = Profile(id=person.id, display_name="Ada")
    return {"space_id": SpaceId(UUID(space)), "user": profile, "role": Role.MEMBER, "joined_at": now()}


def channel_updated(space: str, channel: str) -> ChannelUpdated:
    return ChannelUpdated(
        id=ChannelId(UUID(channel)), space_id=SpaceId(UUID(space)), name="secret", private=True, created_at=now()
    )


def channel_deleted(space: str, channel: str) -> ChannelDeleted:
    return ChannelDeleted(id=ChannelId(UUID(channel)), space_id=SpaceId(UUID(space)))


def revoked(person: Person) -> SessionRevoked:
    return SessionRevoked(user_id=person.id, session_id=person.session_id, at=now())
