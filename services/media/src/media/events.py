"""Streams in: what messaging tells of spaces, members and messages, auth of Discord accounts, and media itself."""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import IdentityLinked, IdentityUnlinked, UserDeleted
from contracts.events import Envelope
from contracts.media import RecordingStarted
from contracts.messaging import (
    ChannelDeleted,
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    SpaceDeleted,
    SpaceUpdated,
)
from contracts.times import now
from media.store import attachments, people, uploads
from media.store.attachments import Shown
from media.usecases import moving
from media.usecases.conversing import Channels
from streams.handlers import Handlers
from streams.projection import Projection, whole_topic

DISCORD: Final = "discord"

_OF_MESSAGES: Final = frozenset({MessagePosted.TYPE, MessageEdited.TYPE, MessageDeleted.TYPE})


class _Attached(msgspec.Struct):
    """As much of a message as shows whether it concerns media."""

    attachments: tuple[UUID, ...] = ()


_attached: Final = msgspec.json.Decoder(_Attached)
projection = Projection()
own_handlers: Handlers[Channels] = Handlers()
"""What media itself has told, and has still to be done about it."""


def _of_space(_: SpaceUpdated) -> str:
    return people.SPACE_ROW


def _of_member(event: MemberJoined | MemberUpdated) -> str:
    return people.member_row(event.user.id)


def _of_leaver(event: MemberLeft) -> str:
    return people.member_row(event.user_id)


def _of_message(event: MessagePosted | MessageEdited | MessageDeleted) -> str:
    return f"message {event.id}"


def _of_channel(event: ChannelDeleted) -> str:
    return f"channel {event.id}"


def _of_identity(event: IdentityLinked | IdentityUnlinked) -> str:
    return people.identity_row(event.provider, event.provider_user_id)


@projection.on(SpaceUpdated, row=_of_space)
async def link_guild(transaction: AsyncConnection, event: SpaceUpdated) -> None:
    await people.lock(transaction)
    await people.link_guild(transaction, event.id, event.guild_id)


@projection.on(SpaceDeleted, row=whole_topic)
async def forget_space(transaction: AsyncConnection, event: SpaceDeleted) -> None:
    await people.lock(transaction)
    await people.remove_space(transaction, event.id)
    await uploads.end_all(transaction, event.id, at=now())
    await moving.stop_all(transaction, event.id, at=now())


@projection.on(MemberJoined, row=_of_member)
async def keep_new_member(transaction: AsyncConnection, event: MemberJoined) -> None:
    await people.lock(transaction)
    await people.keep_member(transaction, event.space_id, event.user.id, role=event.role)


@projection.on(MemberUpdated, row=_of_member)
async def keep_member(transaction: AsyncConnection, event: MemberUpdated) -> None:
    await people.lock(transaction)
    await people.keep_member(transaction, event.space_id, event.user.id, role=event.role)


@projection.on(MemberLeft, row=_of_leaver)
async def remove_member(transaction: AsyncConnection, event: MemberLeft) -> None:
    await people.lock(transaction)
    await people.remove_member(transaction, event.space_id, event.user_id)


@projection.on(MessagePosted, row=_of_message)
async def show_attachments(transaction: AsyncConnection, event: MessagePosted) -> None:
    await attachments.show(transaction, _shown(event))


@projection.on(MessageEdited, row=_of_message)
async def show_attachments_of_edited(transaction: AsyncConnection, event: MessageEdited) -> None:
    """What it said before is taken out of the stream, perhaps before media has read it."""
    await attachments.show(transaction, _shown(event))


@projection.on(MessageDeleted, row=_of_message)
async def hide_attachments(transaction: AsyncConnection, event: MessageDeleted) -> None:
    await attachments.hide(transaction, _shown(event), at=now())


@projection.on(ChannelDeleted, row=_of_channel)
async def hide_all_attachments(transaction: AsyncConnection, event: ChannelDeleted) -> None:
    await attachments.hide_channels(transaction, [event.id, *event.threads], at=now())


@projection.on(IdentityLinked, row=_of_identity)
async def link_identity(transaction: AsyncConnection, event: IdentityLinked) -> None:
    await people.lock(transaction)
    if event.provider == DISCORD:
        await people.link_identity(transaction, event.provider_user_id, event.user_id)


@projection.on(IdentityUnlinked, row=_of_identity)
async def unlink_identity(transaction: AsyncConnection, event: IdentityUnlinked) -> None:
    await people.lock(transaction)
    if event.provider == DISCORD:
        await people.unlink_identity(transaction, event.provider_user_id, event.user_id)


@projection.on(UserDeleted, row=whole_topic)
async def forget_person(transaction: AsyncConnection, event: UserDeleted) -> None:
    await people.lock(transaction)
    await people.forget(transaction, event.user_id)


def concerns_media(envelope: Envelope) -> bool:
    """False for messages without attachments, which are most of all that is posted: they cost no transaction."""
    if envelope.type not in _OF_MESSAGES:
        return True
    return bool(_attached.decode(envelope.data).attachments)


def _shown(event: Message) -> Shown:
    return Shown(message_id=event.id, channel_id=event.channel_id, uploads=event.attachments)


@own_handlers.on(RecordingStarted)
async def give_channel(channels: Channels, event: RecordingStarted) -> None:
    await channels.provide(event.id)
