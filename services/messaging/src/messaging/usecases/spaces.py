"""Spaces: make, see, change, archive, hand over, delete."""

from datetime import datetime

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import ChannelId, SpaceId, UserId, new_id
from contracts.messaging import (
    Channel,
    ChannelCreated,
    MemberJoined,
    MemberUpdated,
    Role,
    Space,
    SpaceDeleted,
    SpaceUpdated,
)
from contracts.problems import Conflict, FieldError, Forbidden, InvalidInput, NotFound
from messaging.domain.access import Permission
from messaging.domain.values import SpaceSeen, check_name, check_room, is_snowflake, seen
from messaging.settings import Settings
from messaging.store import audit, channels, members, people, spaces
from messaging.usecases.entering import enter_space
from streams.outbox import publish, publish_all

FIRST_CHANNEL = "general"


class GuildTaken(Conflict):
    code, title = "guild_taken", "This Discord server is already linked to another space"


class SpaceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays; `guild_id` and `welcome_channel_id` may be taken away by null."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    guild_id: str | msgspec.UnsetType | None = msgspec.UNSET
    welcome_channel_id: ChannelId | msgspec.UnsetType | None = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class SpaceDetail(SpaceSeen, frozen=True, kw_only=True):
    """A space, and how many belong to it."""

    member_count: int


async def create_space(
    connection: AsyncConnection, *, creator: Profile, name: str, at: datetime, limits: Settings
) -> SpaceSeen:
    """The creator owns it, and a first channel is there."""
    name = check_name(name, limits=limits)
    count = await spaces.count_of_person(connection, creator.id)
    check_room(count, limit=limits.spaces_per_person_max, what="spaces per person")
    space = Space(id=SpaceId(new_id()), name=name, created_at=at)
    channel = Channel(id=ChannelId(new_id()), space_id=space.id, name=FIRST_CHANNEL, created_at=at)

    await people.keep_if_new(connection, creator)
    await spaces.add(connection, space)
    await members.add(connection, space.id, creator.id, role=Role.OWNER, at=at)
    await channels.add(connection, channel)

    joined = MemberJoined(space_id=space.id, user=creator, role=Role.OWNER, joined_at=at)
    created = ChannelCreated(**msgspec.structs.asdict(channel))
    await publish_all(connection, [(f"space:{space.id}", joined), (f"space:{space.id}", created)])
    return seen(space, Role.OWNER, limits=limits)


async def list_spaces(connection: AsyncConnection, *, user_id: UserId, limits: Settings) -> list[SpaceSeen]:
    return [seen(space, role, limits=limits) for space, role in await spaces.of_person(connection, user_id)]


async def show_space(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, limits: Settings
) -> SpaceDetail:
    membership = await enter_space(connection, space_id, user_id=user_id)
    space = seen(await found(connection, space_id), membership.role, limits=limits)
    count = await members.count(connection, space_id)
    return SpaceDetail(member_count=count, **msgspec.structs.asdict(space))


async def found(connection: AsyncConnection, space_id: SpaceId, *, lock: bool = False) -> Space:
    space = await spaces.find(connection, space_id, lock=lock)
    if space is None:
        raise NotFound
    return space


async def change_space(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    user_id: UserId,
    change: SpaceChange,
    manages_guild: str | None,
    at: datetime,
    limits: Settings,
) -> SpaceSeen:
    """`manages_guild` is the Discord server that they may manage there; they can link no other."""
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.MANAGE_SPACE)
    before = await found(connection, space_id, lock=True)
    if isinstance(change.guild_id, str) and change.guild_id not in {before.guild_id, manages_guild}:
        raise Forbidden("A Discord server is linked in Discord, by /space link, by somebody who may manage it")
    after = await _changed(connection, before, change, at=at, limits=limits)
    if after == before:
        return seen(after, membership.role, limits=limits)
    try:
        await spaces.save(connection, after)
    except IntegrityError:
        raise GuildTaken from None
    await audit.write(
        connection,
        space_id,
        actor_id=user_id,
        action="space.changed",
        target=space_id,
        before=before,
        after=after,
        at=at,
    )
    await publish(connection, f"space:{space_id}", SpaceUpdated(**msgspec.structs.asdict(after)))
    return seen(after, membership.role, limits=limits)


async def _changed(
    connection: AsyncConnection, space: Space, change: SpaceChange, *, at: datetime, limits: Settings
) -> Space:
    given = {
        field: value
        for field, value in msgspec.structs.asdict(change).items()
        if value is not msgspec.UNSET and field != "archived"
    }
    if change.name is not msgspec.UNSET:
        given["name"] = check_name(change.name, limits=limits)
    if change.guild_id is not msgspec.UNSET and change.guild_id is not None and not is_snowflake(change.guild_id):
        raise InvalidInput(errors=[FieldError("/guild_id", "is not the id of a Discord server")])
    if change.welcome_channel_id is not msgspec.UNSET and change.welcome_channel_id is not None:
        channel = await channels.find(connection, change.welcome_channel_id)
        if channel is None or channel.space_id != space.id or channel.private:
            raise InvalidInput(errors=[FieldError("/welcome_channel_id", "is no public channel of this space")])
    if change.archived is not msgspec.UNSET and change.archived != (space.archived_at is not None):
        given["archived_at"] = at if change.archived else None
    return msgspec.structs.replace(space, **given)


async def delete_space(connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, at: datetime) -> None:
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.OWN)
    before = await found(connection, space_id, lock=True)
    await spaces.remove(connection, space_id, at=at)
    await audit.write(
        connection, space_id, actor_id=user_id, action="space.deleted", target=space_id, before=before, at=at
    )
    await publish(connection, f"space:{space_id}", SpaceDeleted(id=space_id))


async def transfer_space(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, to: UserId, at: datetime, limits: Settings
) -> SpaceSeen:
    """The new owner must be a member; the old one stays as an admin."""
    space = await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.OWN)
    heir = await members.find(connection, space_id, to)
    old = await members.find(connection, space_id, user_id)
    if heir is None or old is None or heir.user.id == user_id:
        raise InvalidInput(errors=[FieldError("/user_id", "is no other member of this space")])
    await hand_over(connection, space_id, heir=to, actor_id=user_id, at=at)
    await members.set_role(connection, space_id, user_id, role=Role.ADMIN)
    demoted = msgspec.structs.replace(old, role=Role.ADMIN)
    await publish(connection, f"space:{space_id}", MemberUpdated(**msgspec.structs.asdict(demoted)))
    return seen(space, Role.ADMIN, limits=limits)


async def hand_over(
    connection: AsyncConnection, space_id: SpaceId, *, heir: UserId, actor_id: UserId, at: datetime
) -> None:
    """Make a member the owner."""
    member = await members.find(connection, space_id, heir)
    if member is None:
        raise NotFound
    await members.set_role(connection, space_id, heir, role=Role.OWNER)
    owner = msgspec.structs.replace(member, role=Role.OWNER)
    await audit.write(
        connection,
        space_id,
        actor_id=actor_id,
        action="space.transferred",
        target=heir,
        before={"owner_id": actor_id},
        after={"owner_id": heir},
        at=at,
    )
    await publish(connection, f"space:{space_id}", MemberUpdated(**msgspec.structs.asdict(owner)))


async def show_linked_space(connection: AsyncConnection, guild_id: str) -> Space:
    """For services: the space that a Discord server is linked to."""
    space = await spaces.of_guild(connection, guild_id)
    if space is None:
        raise NotFound
    return space
