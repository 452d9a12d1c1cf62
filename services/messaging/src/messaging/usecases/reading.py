"""Read a channel: pages, single messages."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, UserId
from contracts.messaging import Message
from contracts.problems import FieldError, InvalidInput, NotFound
from messaging.domain.paging import Page, Span, as_message_id, bounded, cursor_of, seq_of
from messaging.settings import Settings
from messaging.store import messages
from messaging.usecases.entering import enter_channel
from streams import log


class MessagePage(Page[Message], frozen=True, kw_only=True, omit_defaults=True):
    """Messages, newest last; `seq` is the channel's position at the time of reading: what follows it is news."""

    seq: int


async def list_messages(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    user_id: UserId,
    before: str | None,
    after: str | None,
    around: str | None,
    limit: int | None,
    limits: Settings,
) -> MessagePage:
    """The newest, or those at a cursor or a message id. Needs a connection that sees one moment (repeatable read)."""
    await enter_channel(connection, channel_id, user_id=user_id)
    if sum(one is not None for one in (before, after, around)) > 1:
        raise InvalidInput("Give one of before, after, around")
    wanted = Span(
        limit=bounded(limit, limits=limits),
        before=await _place(connection, channel_id, before, parameter="before"),
        after=await _place(connection, channel_id, after, parameter="after"),
        around=await _place(connection, channel_id, around, parameter="around"),
    )
    items, has_older, has_newer = await messages.span(connection, channel_id, wanted, reader=user_id)
    return MessagePage(
        items=items,
        next_cursor=cursor_of(items[-1].seq) if items and has_newer else None,
        prev_cursor=cursor_of(items[0].seq) if items and has_older else None,
        seq=await log.head(connection, f"channel:{channel_id}"),
    )


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
