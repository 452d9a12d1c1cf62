"""What messaging and auth tell about people: members of spaces, Discord servers of spaces, Discord accounts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import advisory_lock
from contracts.ids import SpaceId, UserId
from contracts.messaging import Role
from media.store.tables import guilds, identities, members
from streams.tables import applied

READER: Final = "media"
SPACE_ROW: Final = "space"


def member_row(user_id: UserId) -> str:
    """What an event about a member writes, in its space's topic."""
    return f"member {user_id}"


def identity_row(provider: str, provider_user_id: str) -> str:
    return f"identity {provider} {provider_user_id}"


async def changed_since(connection: AsyncConnection, row: str, *, at: datetime, topic: str | None = None) -> bool:
    """Whether an event about it was applied since then: an answer that was asked for before may be older."""
    query = select(applied.c.seq).where(applied.c.reader == READER, applied.c.row == row, applied.c.at >= at)
    if topic is not None:
        query = query.where(applied.c.topic == topic)
    return await connection.scalar(query.limit(1)) is not None


async def lock(connection: AsyncConnection) -> None:
    """Until the transaction ends nobody else changes what is known of people, by an event or by an answer."""
    await advisory_lock(connection, "media.people")


async def keep_places(connection: AsyncConnection, user_id: UserId, places: Mapping[SpaceId, Role]) -> None:
    """These are the spaces of which somebody is a member, and no others."""
    await connection.execute(
        delete(members).where(members.c.user_id == user_id, members.c.space_id.not_in(list(places)))
    )
    for space_id, role in places.items():
        await keep_member(connection, space_id, user_id, role=role)


async def keep_member(connection: AsyncConnection, space_id: SpaceId, user_id: UserId, *, role: Role) -> None:
    statement = insert(members).values(space_id=space_id, user_id=user_id, role=role)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["space_id", "user_id"], set_={"role": role})
    )


async def remove_member(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> None:
    await connection.execute(delete(members).where(members.c.space_id == space_id, members.c.user_id == user_id))


async def remove_space(connection: AsyncConnection, space_id: SpaceId) -> None:
    """Nobody is a member any more, no guild is linked."""
    await connection.execute(delete(members).where(members.c.space_id == space_id))
    await connection.execute(delete(guilds).where(guilds.c.space_id == space_id))


async def membership(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> Role | None:
    query = select(members.c.role).where(members.c.space_id == space_id, members.c.user_id == user_id)
    found = await connection.scalar(query)
    return None if found is None else Role(found)


async def members_of(connection: AsyncConnection, space_id: SpaceId) -> frozenset[UserId]:
    return frozenset(await connection.scalars(select(members.c.user_id).where(members.c.space_id == space_id)))


async def link_guild(connection: AsyncConnection, space_id: SpaceId, guild_id: str | None) -> None:
    """The space's guild is this one now, or none."""
    await connection.execute(delete(guilds).where(guilds.c.space_id == space_id))
    if guild_id is not None:
        statement = insert(guilds).values(guild_id=guild_id, space_id=space_id)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["guild_id"], set_={"space_id": space_id})
        )


async def learn_guild(connection: AsyncConnection, space_id: SpaceId, guild_id: str) -> None:
    """Unless something else is known of either."""
    await connection.execute(insert(guilds).values(guild_id=guild_id, space_id=space_id).on_conflict_do_nothing())


async def space_of(connection: AsyncConnection, guild_id: str) -> SpaceId | None:
    return await connection.scalar(select(guilds.c.space_id).where(guilds.c.guild_id == guild_id))


async def guild_of(connection: AsyncConnection, space_id: SpaceId) -> str | None:
    return await connection.scalar(select(guilds.c.guild_id).where(guilds.c.space_id == space_id))


async def link_identity(connection: AsyncConnection, discord_id: str, user_id: UserId) -> None:
    statement = insert(identities).values(discord_id=discord_id, user_id=user_id)
    await connection.execute(statement.on_conflict_do_update(index_elements=["discord_id"], set_={"user_id": user_id}))


async def unlink_identity(connection: AsyncConnection, discord_id: str, user_id: UserId) -> None:
    await connection.execute(
        delete(identities).where(identities.c.discord_id == discord_id, identities.c.user_id == user_id)
    )


async def forget(connection: AsyncConnection, user_id: UserId) -> None:
    """The account is gone."""
    await connection.execute(delete(identities).where(identities.c.user_id == user_id))
    await connection.execute(delete(members).where(members.c.user_id == user_id))


async def user_of(connection: AsyncConnection, discord_id: str) -> UserId | None:
    return await connection.scalar(select(identities.c.user_id).where(identities.c.discord_id == discord_id))


async def discord_ids_of(connection: AsyncConnection, user_id: UserId) -> list[str]:
    return list(await connection.scalars(select(identities.c.discord_id).where(identities.c.user_id == user_id)))
