"""Threads: channels that hang on a message."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, UserId, new_id
from contracts.messaging import Channel, ThreadCreated
from contracts.problems import Conflict
from messaging.domain.access import Permission
from messaging.domain.values import check_name, check_room
from messaging.settings import Settings
from messaging.store import channels, marks
from messaging.usecases.channels import ChannelSeen, seen
from messaging.usecases.entering import enter_channel
from messaging.usecases.messages import check_stands, enter_message
from streams.outbox import publish


class ThreadExists(Conflict):
    code, title = "thread_exists", "This message already has a thread"


class ThreadInThread(Conflict):
    code, title = "thread_in_thread", "Threads cannot contain threads"


async def start_thread(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    name: str,
    at: datetime,
    limits: Settings,
) -> ChannelSeen:
    """Who may see and do what in it is its parent's matter. The starter follows it."""
    await channels.lock(connection, channel_id)
    access, message = await enter_message(
        connection, channel_id, message_id, user_id=user_id, needs=Permission.START_THREADS
    )
    check_stands(message)
    if access.channel.parent_id is not None:
        raise ThreadInThread
    if await channels.had_thread(connection, message_id):
        raise ThreadExists
    count = await channels.thread_count(connection, channel_id)
    check_room(count, limit=limits.threads_per_channel_max, what="threads per channel")
    thread = Channel(
        id=ChannelId(new_id()),
        space_id=access.channel.space_id,
        name=check_name(name, limits=limits),
        private=access.channel.private,
        parent_id=channel_id,
        parent_message_id=message_id,
        created_at=at,
    )
    await channels.add(connection, thread)
    await marks.move(connection, thread.id, user_id, seq=0)
    created = ThreadCreated(**msgspec.structs.asdict(thread))
    await publish(connection, f"channel:{channel_id}", created, decided_by=f"space:{thread.space_id}")
    return seen(await enter_channel(connection, thread.id, user_id=user_id))


async def list_threads(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> list[Channel]:
    """Newest first."""
    await enter_channel(connection, channel_id, user_id=user_id)
    return await channels.threads(connection, channel_id)
