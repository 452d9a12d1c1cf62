"""React to messages, and take it back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, UserId
from contracts.messaging import ReactionAdded, ReactionRemoved
from contracts.problems import FieldError, InvalidInput
from messaging.domain.access import Permission
from messaging.domain.values import check_room
from messaging.settings import Settings
from messaging.store import messages
from messaging.usecases.messages import check_stands, enter_message
from streams.outbox import publish


def _check_emoji(emoji: str, *, limits: Settings) -> None:
    visible = emoji.strip() == emoji and not any(letter.isspace() or letter < " " for letter in emoji)
    if not 1 <= len(emoji) <= limits.emoji_chars_max or not visible:
        raise InvalidInput(errors=[FieldError("emoji", f"must be 1 to {limits.emoji_chars_max} visible characters")])


async def add_reaction(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    emoji: str,
    at: datetime,
    limits: Settings,
) -> None:
    """There already: nothing happens."""
    _check_emoji(emoji, limits=limits)
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id, needs=Permission.REACT)
    check_stands(message)
    counts = {one.emoji: one.count for one in message.reactions}
    if not await messages.react(connection, message_id, emoji=emoji, user_id=user_id, at=at):
        return
    if emoji not in counts:
        check_room(len(counts), limit=limits.emojis_per_message_max, what="different reactions to a message")
    check_room(sum(counts.values()), limit=limits.reactions_per_message_max, what="reactions to a message")
    added = ReactionAdded(
        channel_id=channel_id, message_id=message_id, user_id=user_id, emoji=emoji, count=counts.get(emoji, 0) + 1
    )
    await publish(connection, f"channel:{channel_id}", added, decided_by=f"space:{access.channel.space_id}")


async def remove_reaction(
    connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId, *, user_id: UserId, emoji: str
) -> None:
    """One's own; not there: nothing happens."""
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id)
    counts = {one.emoji: one.count for one in message.reactions}
    if not await messages.unreact(connection, message_id, emoji=emoji, user_id=user_id):
        return
    removed = ReactionRemoved(
        channel_id=channel_id, message_id=message_id, user_id=user_id, emoji=emoji, count=counts[emoji] - 1
    )
    await publish(connection, f"channel:{channel_id}", removed, decided_by=f"space:{access.channel.space_id}")
