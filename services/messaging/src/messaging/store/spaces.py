"""Spaces."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from contracts.messaging import Role, Space
from messaging.domain.access import Membership
from messaging.store.tables import members, spaces

_SPACE = (
    spaces.c.id,
    spaces.c.name,
    spaces.c.guild_id,
    spaces.c.welcome_channel_id,
    spaces.c.created_at,
    spaces.c.archived_at,
)


def _space_of(row: Row[*tuple[Any, ...]]) -> Space:
    return Space(
        id=row.id,
        name=row.name,
        guild_id=row.guild_id,
        welcome_channel_id=row.welcome_channel_id,
        created_at=row.created_at,
        archived_at=row.archived_at,
    )


async def add(connection: AsyncConnection, space: Space) -> None:
    await connection.execute(insert(spaces).values(id=space.id, name=space.name, created_at=space.created_at))


async def find(connection: AsyncConnection, space_id: SpaceId, *, lock: bool = False) -> Space | None:
    """With `lock`, nobody else changes the space until the transaction ends."""
    query = select(*_SPACE).where(spaces.c.id == space_id, spaces.c.deleted_at.is_(None))
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _space_of(row)


async def of_guild(connection: AsyncConnection, guild_id: str) -> Space | None:
    query = select(*_SPACE).where(spaces.c.guild_id == guild_id, spaces.c.deleted_at.is_(None))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _space_of(row)


async def of_person(connection: AsyncConnection, user_id: UserId) -> list[tuple[Space, Role]]:
    """The spaces somebody is a member of, oldest first, each with their role."""
    query = select(*_SPACE, members.c.role).join(members, members.c.space_id == spaces.c.id)
    rows = await connection.execute(
        query.where(members.c.user_id == user_id, spaces.c.deleted_at.is_(None)).order_by(spaces.c.id)
    )
    return [(_space_of(row), Role(row.role)) for row in rows]


async def count_of_person(connection: AsyncConnection, user_id: UserId) -> int:
    query = select(func.count()).select_from(members).join(spaces, spaces.c.id == members.c.space_id)
    found = await connection.scalar(query.where(members.c.user_id == user_id, spaces.c.deleted_at.is_(None)))
    return int(found or 0)


async def save(connection: AsyncConnection, space: Space) -> None:
    values = {
        "name": space.name,
        "guild_id": space.guild_id,
        "welcome_channel_id": space.welcome_channel_id,
        "archived_at": space.archived_at,
    }
    await connection.execute(update(spaces).where(spaces.c.id == space.id).values(values))


async def remove(connection: AsyncConnection, space_id: SpaceId, *, at: datetime) -> None:
    await connection.execute(update(spaces).where(spaces.c.id == space_id).values(deleted_at=at))


async def membership(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> Membership | None:
    """Somebody's place in a space that exists."""
    query = select(members.c.role, spaces.c.archived_at).join(spaces, spaces.c.id == members.c.space_id)
    row = (
        await connection.execute(
            query.where(members.c.space_id == space_id, members.c.user_id == user_id, spaces.c.deleted_at.is_(None))
        )
    ).one_or_none()
    if row is None:
        return None
    return Membership(space_id=space_id, user_id=user_id, role=Role(row.role), archived=row.archived_at is not None)
