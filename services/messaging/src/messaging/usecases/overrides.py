"""Overrides: what a role or a person may or may not do in one channel, against their role."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, UserId
from contracts.messaging import AccessChanged, Role
from contracts.problems import Conflict, FieldError, InvalidInput
from messaging.domain.access import OF_CHANNEL, RANK, Access, Override, Permission, names
from messaging.domain.values import check_room
from messaging.settings import Settings
from messaging.store import audit, channels, members
from messaging.usecases.entering import enter_channel
from streams.outbox import publish


class ThreadHasNone(Conflict):
    code, title = "thread_has_none", "A thread uses the overrides of its parent channel"


class UnknownSubject(InvalidInput):
    title = "An override applies to role:moderator, role:member, or user:<id> of a member"


class OverrideWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of permissions, of those that concern a channel."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class OverrideSeen(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` is `role:<role>` or `user:<id>`."""

    subject: str
    allow: tuple[str, ...]
    deny: tuple[str, ...]


def _seen(override: Override) -> OverrideSeen:
    return OverrideSeen(subject=override.subject, allow=names(override.allow), deny=names(override.deny))


_BY_NAME = {str(one.name).lower(): one for one in Permission if one in OF_CHANNEL}


def _permissions(given: tuple[str, ...], *, pointer: str) -> Permission:
    unknown = [name for name in given if name not in _BY_NAME]
    if unknown:
        raise InvalidInput(errors=[FieldError(pointer, f"must be among {', '.join(_BY_NAME)}")])
    return Permission(sum({_BY_NAME[name] for name in given}))


async def _manage(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> Access:
    await channels.lock(connection, channel_id)
    access = await enter_channel(connection, channel_id, user_id=user_id, needs=Permission.MANAGE_CHANNELS)
    if access.channel.parent_id is not None:
        raise ThreadHasNone
    return access


async def list_overrides(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> list[OverrideSeen]:
    await _manage(connection, channel_id, user_id=user_id)
    return [_seen(one) for one in await channels.overrides_of(connection, channel_id)]


async def put_override(
    connection: AsyncConnection,
    channel_id: ChannelId,
    subject: str,
    *,
    user_id: UserId,
    wanted: OverrideWanted,
    at: datetime,
    limits: Settings,
) -> OverrideSeen:
    access = await _manage(connection, channel_id, user_id=user_id)
    await _check_subject(connection, access, subject)
    after = Override(subject, _permissions(wanted.allow, pointer="/allow"), _permissions(wanted.deny, pointer="/deny"))
    if after.allow & after.deny:
        raise InvalidInput(errors=[FieldError("/deny", "contradicts what is allowed")])
    known = {one.subject: one for one in await channels.overrides_of(connection, channel_id)}
    if subject not in known:
        check_room(len(known), limit=limits.overrides_per_channel_max, what="overrides per channel")
    if known.get(subject) != after:
        await channels.put_override(connection, channel_id, after)
        await _tell(connection, access, known.get(subject), after, at=at)
    return _seen(after)


async def remove_override(
    connection: AsyncConnection, channel_id: ChannelId, subject: str, *, user_id: UserId, at: datetime
) -> None:
    access = await _manage(connection, channel_id, user_id=user_id)
    known = {one.subject: one for one in await channels.overrides_of(connection, channel_id)}
    if subject in known:
        await channels.remove_override(connection, channel_id, subject)
        await _tell(connection, access, known[subject], None, at=at)


async def _check_subject(connection: AsyncConnection, access: Access, subject: str) -> None:
    kind, _, name = subject.partition(":")
    if kind == "role" and name in set(Role) and RANK[Role(name)] < RANK[Role.ADMIN]:
        return
    if kind == "user" and await members.find(connection, access.channel.space_id, _user_id(name)) is not None:
        return
    raise UnknownSubject


def _user_id(name: str) -> UserId:
    try:
        user_id = UserId(UUID(name))
    except ValueError:
        raise UnknownSubject from None
    if str(user_id) != name:
        raise UnknownSubject
    return user_id


async def _tell(
    connection: AsyncConnection, access: Access, before: Override | None, after: Override | None, *, at: datetime
) -> None:
    channel = access.channel
    await audit.write(
        connection,
        channel.space_id,
        actor_id=access.user_id,
        action="channel.override_changed",
        target=channel.id,
        before=None if before is None else _seen(before),
        after=None if after is None else _seen(after),
        at=at,
    )
    await publish(connection, f"space:{channel.space_id}", AccessChanged(space_id=channel.space_id))
