"""Members, bans and invites."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from contracts.messaging import Member, Role
from messaging.domain.invites import Invite
from messaging.store.people import profile_of
from messaging.store.tables import bans, invites, members, people


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may not come back."""

    user_id: UserId
    banned_by: UserId
    reason: str
    at: datetime


def select_members() -> Select[*tuple[Any, ...]]:
    """With their profiles."""
    query = select(
        members.c.space_id,
        members.c.user_id,
        members.c.role,
        members.c.joined_at,
        people.c.display_name,
        people.c.avatar_url,
    )
    return query.outerjoin(people, people.c.id == members.c.user_id)


def member_of(row: Row[*tuple[Any, ...]]) -> Member:
    return Member(
        space_id=row.space_id,
        user=profile_of(row.user_id, row.display_name, row.avatar_url),
        role=Role(row.role),
        joined_at=row.joined_at,
    )


async def add(connection: AsyncConnection, space_id: SpaceId, user_id: UserId, *, role: Role, at: datetime) -> bool:
    """Whether they were no member yet."""
    statement = upsert(members).values(space_id=space_id, user_id=user_id, role=role, joined_at=at)
    return bool((await connection.execute(statement.on_conflict_do_nothing())).rowcount)


async def find(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> Member | None:
    query = select_members().where(members.c.space_id == space_id, members.c.user_id == user_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else member_of(row)


async def page(connection: AsyncConnection, space_id: SpaceId, *, after: UserId | None, limit: int) -> list[Member]:
    """By user id, which is the order in which their accounts were made."""
    query = select_members().where(members.c.space_id == space_id).order_by(members.c.user_id).limit(limit)
    if after is not None:
        query = query.where(members.c.user_id > after)
    return [member_of(row) for row in await connection.execute(query)]


async def of_person(connection: AsyncConnection, user_id: UserId) -> list[Member]:
    """All their memberships."""
    query = select_members().where(members.c.user_id == user_id).order_by(members.c.space_id)
    return [member_of(row) for row in await connection.execute(query)]


async def roles(connection: AsyncConnection, space_id: SpaceId) -> dict[UserId, Role]:
    """Everybody in the space."""
    rows = await connection.execute(select(members.c.user_id, members.c.role).where(members.c.space_id == space_id))
    return {row.user_id: Role(row.role) for row in rows}


async def count(connection: AsyncConnection, space_id: SpaceId) -> int:
    query = select(func.count()).select_from(members).where(members.c.space_id == space_id)
    return int(await connection.scalar(query) or 0)


async def set_role(connection: AsyncConnection, space_id: SpaceId, user_id: UserId, *, role: Role) -> None:
    statement = update(members).where(members.c.space_id == space_id, members.c.user_id == user_id)
    await connection.execute(statement.values(role=role))


async def remove(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> bool:
    """Whether they were a member."""
    statement = delete(members).where(members.c.space_id == space_id, members.c.user_id == user_id)
    return bool((await connection.execute(statement)).rowcount)


async def ban(connection: AsyncConnection, space_id: SpaceId, one: Ban) -> bool:
    """Whether they were not banned yet."""
    row = {"space_id": space_id, **msgspec.structs.asdict(one)}
    return bool((await connection.execute(upsert(bans).values(row).on_conflict_do_nothing())).rowcount)


def _ban_of(row: Row[*tuple[Any, ...]]) -> Ban:
    return Ban(user_id=row.user_id, banned_by=row.banned_by, reason=row.reason, at=row.at)


async def unban(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> Ban | None:
    """The ban that is lifted, if there was one."""
    statement = delete(bans).where(bans.c.space_id == space_id, bans.c.user_id == user_id).returning(bans)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _ban_of(row)


async def banned(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> bool:
    query = select(bans.c.user_id).where(bans.c.space_id == space_id, bans.c.user_id == user_id)
    return await connection.scalar(query) is not None


async def ban_page(connection: AsyncConnection, space_id: SpaceId, *, after: UserId | None, limit: int) -> list[Ban]:
    query = select(bans).where(bans.c.space_id == space_id).order_by(bans.c.user_id).limit(limit)
    if after is not None:
        query = query.where(bans.c.user_id > after)
    return [_ban_of(row) for row in await connection.execute(query)]


async def ban_count(connection: AsyncConnection, space_id: SpaceId) -> int:
    query = select(func.count()).select_from(bans).where(bans.c.space_id == space_id)
    return int(await connection.scalar(query) or 0)


def _invite_of(row: Row[*tuple[Any, ...]]) -> Invite:
    return Invite(
        code=row.code,
        space_id=row.space_id,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        revoked_at=row.revoked_at,
    )


async def add_invite(connection: AsyncConnection, invite: Invite) -> None:
    await connection.execute(insert(invites).values(msgspec.structs.asdict(invite)))


async def find_invite(connection: AsyncConnection, code: str, *, lock: bool = False) -> Invite | None:
    """With `lock`, nobody else uses or revokes it until the transaction ends."""
    query = select(invites).where(invites.c.code == code)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _invite_of(row)


async def save_invite(connection: AsyncConnection, invite: Invite) -> None:
    statement = update(invites).where(invites.c.code == invite.code)
    await connection.execute(statement.values(uses=invite.uses, revoked_at=invite.revoked_at))


async def open_invites(connection: AsyncConnection, space_id: SpaceId, *, at: datetime) -> list[Invite]:
    """Those that can still be used, newest first."""
    query = select(invites).where(
        invites.c.space_id == space_id,
        invites.c.revoked_at.is_(None),
        invites.c.expires_at > at,
        (invites.c.max_uses.is_(None)) | (invites.c.uses < invites.c.max_uses),
    )
    return [_invite_of(row) for row in await connection.execute(query.order_by(invites.c.created_at.desc()))]
