"""Taking what was deleted out of the tables, a bounded number of rows at a time."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_NEXT_CHANNEL: Final = text("""
    select channel.id from channels channel where channel.id in (
        select id from channels where deleted_at < :before
        union all
        select channels.id from channels join spaces on spaces.id = space_id where spaces.deleted_at < :before)
    and not exists (select from log where topic = 'channel:' || channel.id and sent_at is null)
    and not exists (select from channels thread where thread.parent_id = channel.id)
    limit 1 for update skip locked
""")
_NEXT_SPACE: Final = text("""
    select id from spaces where deleted_at < :before
    and not exists (select from log where topic = 'space:' || spaces.id and sent_at is null)
    and not exists (select from channels where space_id = spaces.id)
    limit 1 for update skip locked
""")
_MESSAGES: Final = text("""
    with gone as (
        delete from messages where ctid = any(array(select ctid from messages where channel_id = :id limit :limit))
        returning id),
    revised as (delete from revisions where message_id in (select id from gone)),
    reacted as (delete from reactions where message_id in (select id from gone))
    select count(*) from gone
""")
_SOME: Final = "delete from {table} where ctid = any(array(select ctid from {table} where {whose} limit :limit))"
OF_CHANNEL: Final = {
    "mentions": "channel_id = :id",
    "read_markers": "channel_id = :id",
    "overrides": "channel_id = :id",
    "log": "topic = 'channel:' || cast(:id as uuid)",
    "topic_heads": "topic = 'channel:' || cast(:id as uuid)",
    "channels": "id = :id",
}
OF_SPACE: Final = {
    "members": "space_id = :id",
    "bans": "space_id = :id",
    "invites": "space_id = :id",
    "audit": "space_id = :id",
    "log": "topic = 'space:' || cast(:id as uuid)",
    "topic_heads": "topic = 'space:' || cast(:id as uuid)",
    "spaces": "id = :id",
}
"""In this order; the row itself last, so that what is left is found again."""


async def next_channel(connection: AsyncConnection, *, before: datetime) -> UUID | None:
    """A channel that was deleted before then, itself or with its space: threads first, and only when all that was told
    in it has been sent.
    """
    return await connection.scalar(_NEXT_CHANNEL, {"before": before})


async def next_space(connection: AsyncConnection, *, before: datetime) -> UUID | None:
    """The same for spaces that have no channels any more."""
    return await connection.scalar(_NEXT_SPACE, {"before": before})


async def empty_channel(connection: AsyncConnection, channel_id: UUID, *, rows_max: int) -> bool:
    """Delete up to `rows_max` messages or other rows of the channel. True when nothing is left of it."""
    messages = await connection.scalar(_MESSAGES, {"id": channel_id, "limit": rows_max}) or 0
    return messages < rows_max and await _empty(connection, OF_CHANNEL, channel_id, rows_max=rows_max)


async def empty_space(connection: AsyncConnection, space_id: UUID, *, rows_max: int) -> bool:
    return await _empty(connection, OF_SPACE, space_id, rows_max=rows_max)


async def _empty(connection: AsyncConnection, tables: dict[str, str], whose: UUID, *, rows_max: int) -> bool:
    for table, condition in tables.items():
        some = text(_SOME.format(table=table, whose=condition))
        if (await connection.execute(some, {"id": whose, "limit": rows_max})).rowcount == rows_max:
            return False
    return True
