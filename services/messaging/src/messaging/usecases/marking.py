"""How far somebody has read: the same on all their devices."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, SpaceId, UserId
from contracts.messaging import ReadMoved
from messaging.settings import Settings
from messaging.store import channels, marks, members
from messaging.store.marks import Unread
from messaging.usecases.entering import enter_channel, enter_space
from streams import log
from streams.outbox import OutboxEvent, append, claim


class UnreadList(msgspec.Struct, frozen=True, kw_only=True):
    """All channels that the reader sees, and the threads they follow; `seq` is the position of `user:<id>`."""

    items: list[Unread]
    seq: int


async def move_marker(
    connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId, seq: int, back: bool, limits: Settings
) -> Unread:
    """Up to `seq`, at most to the end; back only when that is meant: a device that lags must not undo what another has
    read. To mark a thread is to follow it.
    """
    access = await enter_channel(connection, channel_id, user_id=user_id)
    head = await log.head(connection, f"channel:{channel_id}")
    moved = await marks.move(connection, channel_id, user_id, seq=min(seq, head), back=back)
    topic = f"user:{user_id}"
    # The place is claimed before the mentions are counted, so that the count is right for its place.
    places = await claim(connection, {topic: 1}) if moved else {}
    seen = [(access, access.channel.created_at)]
    [state] = await marks.unread(connection, seen, user_id=user_id, most=limits.unread_count_max)
    if moved:
        read = ReadMoved(channel_id=channel_id, seq=state.read_seq, mentions=state.mentions)
        await append(connection, [OutboxEvent(topic, places[topic], read)])
    return state


async def read_space(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, limits: Settings
) -> UnreadList:
    """To the end of every channel that they see there, and of every thread that they follow."""
    await enter_space(connection, space_id, user_id=user_id)
    visible = await channels.visible(connection, [space_id], user_id, threads="followed")
    heads = await log.heads(connection, [f"channel:{access.channel.id}" for access in visible])
    wanted = {access.channel.id: heads[f"channel:{access.channel.id}"] for access in visible}
    moved = await marks.move_all(connection, user_id, {one: seq for one, seq in wanted.items() if seq})
    topic = f"user:{user_id}"
    # As above: what is counted then is right for its place.
    places = await claim(connection, {topic: len(moved)}) if moved else {}
    seen = [(access, access.channel.created_at) for access in visible]
    items = await marks.unread(connection, seen, user_id=user_id, most=limits.unread_count_max)
    if moved:
        read = [
            ReadMoved(channel_id=one.channel_id, seq=one.read_seq, mentions=one.mentions)
            for one in items
            if one.channel_id in moved
        ]
        await append(connection, [OutboxEvent(topic, places[topic] + n, one) for n, one in enumerate(read)])
    return UnreadList(items=items, seq=await log.head(connection, topic))


async def list_unread(connection: AsyncConnection, *, user_id: UserId, limits: Settings) -> UnreadList:
    """What was said before somebody joined is not unread. Needs a connection that sees one moment."""
    joined = {one.space_id: one.joined_at for one in await members.of_person(connection, user_id)}
    visible = await channels.visible(connection, list(joined), user_id, threads="followed")
    items = await marks.unread(
        connection,
        [(access, joined[access.channel.space_id]) for access in visible],
        user_id=user_id,
        most=limits.unread_count_max,
    )
    return UnreadList(items=items, seq=await log.head(connection, f"user:{user_id}"))
