"""Read a channel: pages, single messages."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, UserId
from contracts.messaging import Message
from contracts.problems import FieldError, InvalidInput, NotFound
from messaging.domain.paging import Page, Position, Span, as_message_id, bounded, cursor_of, seq_of
from messaging.settings import Settings
from messaging.store import messages
from messaging.usecases.entering import enter_channel
from streams import log


class MessagePage(Page[Message], frozen=True, kw_only=True, omit_defaults=True):
    """Messages, newest last; `seq` is the channel's position at the time of reading: what follows it is news."""

    items: list[Message]
    seq: int


async def list_messages(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    user_id: UserId,
    position: Position,
    limit: int | None,
    limits: Settings,
) -> MessagePage:
    """The newest, or those at a position. Needs a connection that sees one moment (repeatable read)."""
    await enter_channel(connection, channel_id, user_id=user_id)
    position.check()
    wanted = await _span(connection, channel_id, position, limit=bounded(limit, limits=limits))
    items, has_older, has_newer = await messages.span(connection, channel_id, wanted, reader=user_id)
    return MessagePage(
        items=items,
        next_cursor=cursor_of(items[-1].seq) if items and has_newer else None,
        prev_cursor=cursor_of(items[0].seq) if items and has_older else None,
        seq=await log.head(connection, f"channel:{channel_id}"),
    )


async def list_messages_by_ids(
    connection: AsyncConnection, channel_id: ChannelId, ids: Sequence[MessageId], *, user_id: UserId
) -> MessagePage:
    """Those of them that are in the channel, in its order. Needs a connection that sees one moment."""
    await enter_channel(connection, channel_id, user_id=user_id)
    found = await messages.by_ids(connection, [channel_id], ids, reader=user_id)
    items = sorted(found.values(), key=lambda message: message.seq)
    return MessagePage(items=items, seq=await log.head(connection, f"channel:{channel_id}"))


async def _span(connection: AsyncConnection, channel_id: ChannelId, position: Position, *, limit: int) -> Span:
    around, after = position.around_seq, position.after_seq
    if position.at is not None:
        around = await messages.place_at(connection, channel_id, position.at)
    elif position.around is not None:
        around = await _place(connection, channel_id, position.around, parameter="around")
    elif position.after is not None:
        after = await _place(connection, channel_id, position.after, parameter="after")
    before = await _place(connection, channel_id, position.before, parameter="before")
    return Span(limit=limit, before=before, after=after, around=around)


async def _place(
    connection: AsyncConnection, channel_id: ChannelId, position: str | None, *, parameter: str
) -> int | None:
    if position is None:
        return None
    message_id = as_message_id(position)
    if message_id is None:
        return seq_of(position, parameter=parameter)
    seq = await messages.place(connection, channel_id, message_id)
    if seq is None:
        raise InvalidInput(errors=[FieldError(parameter, "is not a message of this channel")])
    return seq


async def show_message(
    connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId, *, user_id: UserId
) -> Message:
    await enter_channel(connection, channel_id, user_id=user_id)
    message = await messages.find(connection, channel_id, message_id, reader=user_id)
    if message is None:
        raise NotFound
    return message
