"""How far people have read, and where they were called."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, SpaceId, UserId
from messaging.domain.access import Access, role_subject, user_subject
from messaging.store.tables import mentions

_MOVE = text("""
    insert into read_markers as marker (user_id, channel_id, seq) values (:user, :channel, :seq)
    on conflict (user_id, channel_id) do update set seq = excluded.seq where marker.seq < excluded.seq
    returning seq
""")
_UNREAD = text("""
    select asked.channel_id, coalesce(marker.seq, 0) as read_seq, coalesce(last.seq, 0) as last_seq,
        unread.count as unread, called.count as mentions
    from unnest(cast(:channels as uuid[]), cast(:roles as text[]), cast(:joined as timestamptz[]))
        as asked(channel_id, role, joined_at)
    left join read_markers marker on marker.user_id = :user and marker.channel_id = asked.channel_id
    left join lateral (
        select max(seq) as seq from messages where channel_id = asked.channel_id
    ) last on true
    cross join lateral (
        select count(*) as count from (
            select from messages
            where channel_id = asked.channel_id and seq > coalesce(marker.seq, 0) and author_id <> :user
                and deleted_at is null and (marker.seq is not null or created_at >= asked.joined_at)
            limit :most
        ) bounded
    ) unread
    cross join lateral (
        select count(*) as count from (
            select distinct mention.seq from mentions mention
            join messages message on message.channel_id = mention.channel_id and message.seq = mention.seq
            where mention.channel_id = asked.channel_id and mention.seq > coalesce(marker.seq, 0)
                and mention.subject in (:me, asked.role, 'channel') and message.author_id <> :user
                and (marker.seq is not null or message.created_at >= asked.joined_at)
            limit :most
        ) bounded
    ) called
    order by asked.channel_id
""")


_MOVE_BACK = text("""
    insert into read_markers as marker (user_id, channel_id, seq) values (:user, :channel, :seq)
    on conflict (user_id, channel_id) do update set seq = excluded.seq where marker.seq <> excluded.seq
    returning seq
""")
_MOVE_ALL = text("""
    insert into read_markers as marker (user_id, channel_id, seq)
    select :user, channel_id, seq
    from unnest(cast(:channels as uuid[]), cast(:seqs as bigint[])) as wanted(channel_id, seq) order by channel_id
    on conflict (user_id, channel_id) do update set seq = excluded.seq where marker.seq < excluded.seq
    returning channel_id
""")


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel stands for a reader. `unread` and `mentions` stop counting at a limit."""

    channel_id: ChannelId
    space_id: SpaceId
    read_seq: int
    last_seq: int
    unread: int
    mentions: int


async def move(
    connection: AsyncConnection, channel_id: ChannelId, user_id: UserId, *, seq: int, back: bool = False
) -> bool:
    """Forward only, unless it may go `back`. Whether it moved."""
    statement = _MOVE_BACK if back else _MOVE
    rows = await connection.execute(statement, {"user": user_id, "channel": channel_id, "seq": seq})
    return rows.one_or_none() is not None


async def move_all(connection: AsyncConnection, user_id: UserId, seqs: Mapping[ChannelId, int]) -> set[ChannelId]:
    """Forward only. Those that moved."""
    wanted = {"user": user_id, "channels": list(seqs), "seqs": list(seqs.values())}
    return set(await connection.scalars(_MOVE_ALL, wanted))


async def unread(
    connection: AsyncConnection, seen: Sequence[tuple[Access, datetime]], *, user_id: UserId, most: int
) -> list[Unread]:
    """For each channel with the moment its reader joined the space."""
    spaces = {access.channel.id: access.channel.space_id for access, _ in seen}
    wanted = {
        "user": user_id,
        "me": user_subject(user_id),
        "channels": [access.channel.id for access, _ in seen],
        "roles": [role_subject(access.role) for access, _ in seen],
        "joined": [joined_at for _, joined_at in seen],
        "most": most,
    }
    return [
        Unread(
            channel_id=row.channel_id,
            space_id=spaces[row.channel_id],
            read_seq=row.read_seq,
            last_seq=row.last_seq,
            unread=row.unread,
            mentions=row.mentions,
        )
        for row in await connection.execute(_UNREAD, wanted)
    ]


async def forget_mentions(connection: AsyncConnection, channel_id: ChannelId, seq: int) -> None:
    await connection.execute(delete(mentions).where(mentions.c.channel_id == channel_id, mentions.c.seq == seq))
