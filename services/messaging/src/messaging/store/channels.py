"""Channels, threads, overrides, and who may use which."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, SpaceId, UserId
from contracts.messaging import Channel, Role
from messaging.domain.access import Access, Override, Permission, permissions, role_subject, user_subject
from messaging.store.rows import Row
from messaging.store.tables import channels, overrides

Threads = Literal["none", "followed", "all"]

_CHANNEL = """
    channel.id, channel.space_id, channel.name, channel.topic, channel.parent_id, channel.parent_message_id,
    channel.recording_id, channel.created_at, channel.archived_at, coalesce(parent.private, channel.private) as private
"""
"""A thread is as private as its parent."""

ACCESS = f"""
    select asked.place, {_CHANNEL}, member.user_id, member.role,
        space.archived_at as space_archived_at, parent.archived_at as parent_archived_at,
        of_role.allow as role_allow, of_role.deny as role_deny, of_user.allow as user_allow, of_user.deny as user_deny
    from {{asked}}
    join channels channel on channel.id = asked.channel_id and channel.deleted_at is null
    left join channels parent on parent.id = channel.parent_id
    join spaces space on space.id = channel.space_id and space.deleted_at is null
    join members member on member.space_id = space.id and member.user_id = asked.user_id
    left join overrides of_role on of_role.channel_id = coalesce(channel.parent_id, channel.id)
        and of_role.subject = 'role:' || member.role
    left join overrides of_user on of_user.channel_id = coalesce(channel.parent_id, channel.id)
        and of_user.subject = 'user:' || member.user_id
"""  # noqa: S608  built from constants
"""Everything that decides what somebody may do in a channel; no row for who is no member of the space."""

_ACCESS_OF_ONE = text(
    ACCESS.format(
        asked="(select 1 as place, cast(:channel as uuid) as channel_id, cast(:user as uuid) as user_id) asked"
    )
)
_ACCESS_IN_SPACES = text(
    ACCESS.format(
        asked="(select 1 as place, one.id as channel_id, cast(:user as uuid) as user_id from channels one"
        " where one.space_id = any(:spaces) and (one.parent_id is null or :threads = 'all' or :threads = 'followed'"
        " and (exists (select from read_markers where user_id = :user and channel_id = one.id) or exists"
        " (select from mentions where channel_id = one.id and subject = 'user:' || cast(:user as uuid))))) asked"
    )
)
_FIND = text(f"""
    select {_CHANNEL} from channels channel left join channels parent on parent.id = channel.parent_id
    join spaces space on space.id = channel.space_id and space.deleted_at is null
    where channel.id = :channel and channel.deleted_at is null
""")  # noqa: S608  built from constants


_THREADS = text(f"""
    select {_CHANNEL} from channels channel join channels parent on parent.id = channel.parent_id
    where channel.parent_id = :parent and channel.deleted_at is null order by channel.id desc
""")  # noqa: S608  built from constants


def channel_of(row: Row) -> Channel:
    return Channel(
        id=row["id"],
        space_id=row["space_id"],
        name=row["name"],
        topic=row["topic"],
        private=row["private"],
        parent_id=row["parent_id"],
        parent_message_id=row["parent_message_id"],
        recording_id=row["recording_id"],
        created_at=row["created_at"],
        archived_at=row["archived_at"],
    )


def access_of(row: Row) -> Access:
    role, user_id = Role(row["role"]), UserId(row["user_id"])
    granted = permissions(
        role,
        private=row["private"],
        of_role=_override(role_subject(role), row["role_allow"], row["role_deny"]),
        of_user=_override(user_subject(user_id), row["user_allow"], row["user_deny"]),
    )
    return Access(
        channel_of(row),
        user_id,
        role,
        granted,
        space_archived=row["space_archived_at"] is not None,
        parent_archived=row["parent_archived_at"] is not None,
    )


def _override(subject: str, allow: int | None, deny: int | None) -> Override | None:
    return None if allow is None else Override(subject, Permission(allow), Permission(deny or 0))


async def access(connection: AsyncConnection, channel_id: ChannelId, user_id: UserId) -> Access | None:
    """What this person may do there; None when there is no such channel, or not for them."""
    rows = await connection.execute(_ACCESS_OF_ONE, {"channel": channel_id, "user": user_id})
    row = rows.mappings().one_or_none()
    return None if row is None else access_of(row)


async def visible(
    connection: AsyncConnection, space_ids: Sequence[SpaceId], user_id: UserId, *, threads: Threads
) -> list[Access]:
    """The channels that this person sees in these spaces, oldest first; with all threads, or those
    that they have read or are mentioned in."""
    wanted = {"spaces": list(space_ids), "user": user_id, "threads": threads}
    rows = await connection.execute(_ACCESS_IN_SPACES, wanted)
    found = [access_of(row) for row in rows.mappings()]
    return sorted((one for one in found if Permission.VIEW in one.granted), key=lambda one: one.channel.id)


async def find(connection: AsyncConnection, channel_id: ChannelId) -> Channel | None:
    row = (await connection.execute(_FIND, {"channel": channel_id})).mappings().one_or_none()
    return None if row is None else channel_of(row)


async def of_recording(connection: AsyncConnection, recording_id: object) -> ChannelId | None:
    return await connection.scalar(select(channels.c.id).where(channels.c.recording_id == recording_id))


async def lock(connection: AsyncConnection, channel_id: ChannelId) -> None:
    """Nobody else changes this channel, its overrides or its limits until the transaction ends."""
    await connection.execute(select(channels.c.id).where(channels.c.id == channel_id).with_for_update())


async def add(connection: AsyncConnection, channel: Channel) -> None:
    row = {
        "id": channel.id,
        "space_id": channel.space_id,
        "name": channel.name,
        "topic": channel.topic,
        "private": channel.private,
        "parent_id": channel.parent_id,
        "parent_message_id": channel.parent_message_id,
        "recording_id": channel.recording_id,
        "created_at": channel.created_at,
    }
    await connection.execute(insert(channels).values(row))


async def save(connection: AsyncConnection, channel: Channel) -> None:
    values = {
        "name": channel.name,
        "topic": channel.topic,
        "private": channel.private,
        "archived_at": channel.archived_at,
    }
    await connection.execute(update(channels).where(channels.c.id == channel.id).values(values))


async def remove(connection: AsyncConnection, channel_id: ChannelId, *, at: datetime) -> list[ChannelId]:
    """With its threads, which are the answer."""
    gone = (channels.c.id == channel_id) | (channels.c.parent_id == channel_id)
    statement = update(channels).where(gone, channels.c.deleted_at.is_(None)).values(deleted_at=at)
    removed = await connection.scalars(statement.returning(channels.c.id))
    return sorted(one for one in removed if one != channel_id)


async def count(connection: AsyncConnection, space_id: SpaceId) -> int:
    """Without threads."""
    query = (
        select(func.count())
        .select_from(channels)
        .where(channels.c.space_id == space_id, channels.c.parent_id.is_(None), channels.c.deleted_at.is_(None))
    )
    return int(await connection.scalar(query) or 0)


async def had_thread(connection: AsyncConnection, message_id: MessageId) -> bool:
    """Whether a thread hangs on the message, or hung there and was deleted."""
    query = select(channels.c.id).where(channels.c.parent_message_id == message_id)
    return await connection.scalar(query) is not None


async def thread_count(connection: AsyncConnection, parent_id: ChannelId) -> int:
    query = (
        select(func.count())
        .select_from(channels)
        .where(channels.c.parent_id == parent_id, channels.c.deleted_at.is_(None))
    )
    return int(await connection.scalar(query) or 0)


async def threads(connection: AsyncConnection, parent_id: ChannelId) -> list[Channel]:
    """Newest first."""
    rows = await connection.execute(_THREADS, {"parent": parent_id})
    return [channel_of(row) for row in rows.mappings()]


async def overrides_of(connection: AsyncConnection, channel_id: ChannelId) -> list[Override]:
    query = select(overrides).where(overrides.c.channel_id == channel_id).order_by(overrides.c.subject)
    return [
        Override(row.subject, Permission(row.allow), Permission(row.deny)) for row in await connection.execute(query)
    ]


async def put_override(connection: AsyncConnection, channel_id: ChannelId, one: Override) -> None:
    values = {"allow": int(one.allow), "deny": int(one.deny)}
    statement = upsert(overrides).values(channel_id=channel_id, subject=one.subject, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["channel_id", "subject"], set_=values))


async def remove_override(connection: AsyncConnection, channel_id: ChannelId, subject: str) -> None:
    await connection.execute(
        delete(overrides).where(overrides.c.channel_id == channel_id, overrides.c.subject == subject)
    )
