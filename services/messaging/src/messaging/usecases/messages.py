"""What people do to messages that stand: edit, delete, pin, look into their history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import ChannelId, MessageId, SpaceId, UserId
from contracts.messaging import (
    MentionRemoved,
    Mentions,
    Message,
    MessageDeleted,
    MessageEdited,
    MessageKind,
    MessagePinned,
    MessageUnpinned,
)
from contracts.problems import Conflict, Forbidden, NotFound, StaleRevision
from messaging.domain.access import Access, Permission
from messaging.domain.content import check_content
from messaging.domain.values import check_room
from messaging.settings import Settings
from messaging.store import audit, channels, marks, messages, people, redaction
from messaging.store.messages import Revision
from messaging.usecases.announcing import announce
from messaging.usecases.entering import enter_channel
from streams.outbox import publish, publish_all


class MessageGone(Conflict):
    code, title = "message_deleted", "This message has been deleted"


async def enter_message(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    needs: Permission = Permission.VIEW,
) -> tuple[Access, Message]:
    """The message, locked: nobody else changes it until the transaction ends."""
    access = await enter_channel(connection, channel_id, user_id=user_id, needs=needs)
    access.require_open()
    await messages.lock(connection, channel_id, message_id)
    message = await messages.find(connection, channel_id, message_id, reader=user_id)
    if message is None:
        raise NotFound
    return access, message


def check_stands(message: Message) -> None:
    """Raises for a tombstone."""
    if message.deleted_at is not None:
        raise MessageGone


def _check_revision(message: Message, expected: int | None) -> None:
    if expected is not None and expected != message.rev:
        raise StaleRevision(f"The message is at revision {message.rev}")


async def edit_message(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    content: str,
    expected_rev: int | None,
    at: datetime,
    limits: Settings,
) -> Message:
    """By its author alone. Whom it calls stays as it was posted: an edit rings for nobody."""
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id, needs=Permission.POST)
    check_stands(message)
    if message.author.id != user_id or message.kind is not MessageKind.TEXT:
        raise Forbidden("Only its author edits a message")
    _check_revision(message, expected_rev)
    check_content(content, limits=limits, attached=bool(message.attachments))
    if content == message.content:
        return message
    check_room(message.rev - 1, limit=limits.revisions_per_message_max, what="edits of a message")
    former = Revision(rev=message.rev, content=message.content, at=message.edited_at or message.created_at)
    edited = msgspec.structs.replace(message, content=content, rev=message.rev + 1, edited_at=at)
    await messages.keep_revision(connection, message_id, former)
    await messages.save(connection, edited)
    event = MessageEdited(**_as_told(edited))
    await _tell_without_former_words(connection, event, space_id=access.channel.space_id)
    return edited


async def _tell_without_former_words(
    connection: AsyncConnection,
    event: MessageEdited | MessageDeleted,
    *,
    space_id: SpaceId,
    along: Sequence[tuple[str, Event]] = (),
) -> None:
    """Tell it, and take the words that are no more out of what was told before."""
    latest = msgspec.json.encode(event)
    await redaction.take_words(connection, event.channel_id, str(event.id), seq=event.seq, latest=latest)
    told = [(f"channel:{event.channel_id}", event), *along]
    await publish_all(connection, told, decided_by=f"space:{space_id}")


def _without_words(message: Message) -> Message:
    """As the audit log keeps it, which outlives the message."""
    return msgspec.structs.replace(
        message, content="", nonce=None, attachments=(), files=(), mentions=Mentions(), reactions=()
    )


def _as_told(message: Message) -> dict[str, Any]:
    return msgspec.structs.asdict(msgspec.structs.replace(message, reactions=()))


async def delete_message(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    expected_rev: int | None,
    at: datetime,
) -> None:
    """By its author, or by who moderates. Its place is kept, what it said is not."""
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id)
    if message.author.id != user_id:
        access.require(Permission.MODERATE)
    if message.deleted_at is not None:
        return
    _check_revision(message, expected_rev)
    tombstone = msgspec.structs.replace(
        message,
        content="",
        nonce=None,
        attachments=(),
        files=(),
        reactions=(),
        mentions=Mentions(),
        pinned_at=None,
        deleted_at=at,
    )
    await messages.save(connection, tombstone)
    await messages.forget_details(connection, message_id)
    await marks.forget_mentions(connection, channel_id, message.seq)
    if message.author.id != user_id:
        await audit.write(
            connection,
            access.channel.space_id,
            actor_id=user_id,
            action="message.deleted",
            target=message_id,
            before=_without_words(message),
            at=at,
        )
    removed = MentionRemoved(channel_id=channel_id, message_id=message_id, seq=message.seq)
    deleted = msgspec.structs.replace(tombstone, attachments=message.attachments)
    await _tell_without_former_words(
        connection,
        MessageDeleted(**_as_told(deleted)),
        space_id=access.channel.space_id,
        along=[(f"user:{one}", removed) for one in message.mentions.users],
    )


async def list_history(
    connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId, *, user_id: UserId
) -> list[Revision]:
    """What the message said, oldest first, as it says now last."""
    await enter_channel(connection, channel_id, user_id=user_id)
    message = await messages.find(connection, channel_id, message_id, reader=user_id)
    if message is None:
        raise NotFound
    present = Revision(rev=message.rev, content=message.content, at=message.edited_at or message.created_at)
    return [*await messages.history(connection, message_id), present]


async def pin_message(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_id: MessageId,
    *,
    user_id: UserId,
    at: datetime,
    limits: Settings,
) -> None:
    """Pinned already: nothing happens."""
    await channels.lock(connection, channel_id)
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id, needs=Permission.PIN)
    check_stands(message)
    if message.pinned_at is not None:
        return
    check_room(await messages.pin_count(connection, channel_id), limit=limits.pins_per_channel_max, what="pins")
    await _put_pin(connection, access, message, at, acted_at=at)
    pinned = MessagePinned(channel_id=channel_id, message_id=message_id, pinned_by=user_id, pinned_at=at)
    author = (await people.find(connection, [user_id]))[user_id]
    await announce(
        connection,
        access.channel,
        author=author,
        kind=MessageKind.MESSAGE_PINNED,
        reply_to=message_id,
        at=at,
        along=[(f"channel:{channel_id}", pinned)],
    )


async def _put_pin(
    connection: AsyncConnection, access: Access, message: Message, pinned_at: datetime | None, *, acted_at: datetime
) -> None:
    after = msgspec.structs.replace(message, pinned_at=pinned_at)
    await messages.save(connection, after)
    await audit.write(
        connection,
        access.channel.space_id,
        actor_id=access.user_id,
        action="message.unpinned" if pinned_at is None else "message.pinned",
        target=message.id,
        before=_without_words(message),
        after=_without_words(after),
        at=acted_at,
    )


async def unpin_message(
    connection: AsyncConnection, channel_id: ChannelId, message_id: MessageId, *, user_id: UserId, at: datetime
) -> None:
    access, message = await enter_message(connection, channel_id, message_id, user_id=user_id, needs=Permission.PIN)
    if message.pinned_at is None:
        return
    await _put_pin(connection, access, message, None, acted_at=at)
    unpinned = MessageUnpinned(channel_id=channel_id, message_id=message_id)
    await publish(connection, f"channel:{channel_id}", unpinned, decided_by=f"space:{access.channel.space_id}")


async def list_pins(connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId) -> list[Message]:
    """Last pinned first."""
    await enter_channel(connection, channel_id, user_id=user_id)
    return await messages.pinned(connection, channel_id, reader=user_id)
