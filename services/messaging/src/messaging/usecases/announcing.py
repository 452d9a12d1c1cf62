"""System messages: what somebody did, said by messaging in their name."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import ChannelId, MessageId, new_id
from contracts.messaging import MessageKind, MessagePosted
from messaging.store import posting
from streams.outbox import Told, append, claim


async def announce(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    author: Profile,
    kind: MessageKind,
    content: str,
    reply_to: MessageId | None = None,
    at: datetime,
) -> None:
    """It has its place in the channel like any message."""
    topic = f"channel:{channel_id}"
    seq = (await claim(connection, {topic: 1}))[topic]
    message = MessagePosted(
        id=MessageId(new_id()),
        channel_id=channel_id,
        seq=seq,
        author=author,
        content=content,
        kind=kind,
        reply_to=reply_to,
        created_at=at,
    )
    await posting.add(posting.fetching(connection), [posting.Line(message, None)])
    await append(connection, [Told(topic, seq, message, at)])
