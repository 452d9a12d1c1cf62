"""System messages: what somebody did, said by messaging in their name."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.events import Event
from contracts.ids import MessageId, new_id
from contracts.messaging import Channel, MessageKind, MessagePosted
from messaging.store import messages
from streams.outbox import OutboxEvent, append, claim


async def announce(
    connection: AsyncConnection,
    channel: Channel,
    *,
    author: Profile,
    kind: MessageKind,
    content: str = "",
    reply_to: MessageId | None = None,
    at: datetime,
    along: Sequence[tuple[str, Event]] = (),
) -> None:
    """It has its place in the channel like any message. What is told `along` goes in the same breath: the heads of
    all topics are locked once, in order.
    """
    topic = f"channel:{channel.id}"
    places = await claim(connection, Counter([topic, *(other for other, _ in along)]))
    message = MessagePosted(
        id=MessageId(new_id()),
        channel_id=channel.id,
        seq=places[topic],
        author=author,
        content=content,
        kind=kind,
        reply_to=reply_to,
        created_at=at,
    )
    await messages.add(connection, message)
    told: list[OutboxEvent] = []
    for other, event in [(topic, message), *along]:
        told.append(OutboxEvent(other, places[other], event, at))
        places[other] += 1
    await append(connection, told, decided_by=f"space:{channel.space_id}")
