"""Streams in: what messaging tells of spaces, members and messages, auth of Discord accounts, and media itself."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import IdentityLinked, IdentityUnlinked, UserDeleted
from contracts.media import RecordingStarted
from contracts.messaging import (
    ChannelDeleted,
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    MessageDeleted,
    SpaceDeleted,
    SpaceUpdated,
)
from contracts.times import now
from media.store import people, uploads
from media.usecases.conversing import Channels
from streams.handlers import Handlers

DISCORD: Final = "discord"

handlers: Handlers[AsyncConnection] = Handlers()
own_handlers: Handlers[Channels] = Handlers()
"""What media itself has told, and has still to be done about it."""


@handlers.on(SpaceUpdated)
async def link_guild(transaction: AsyncConnection, event: SpaceUpdated) -> None:
    await people.lock(transaction)
    await people.link_guild(transaction, event.id, event.guild_id)


@handlers.on(SpaceDeleted)
async def forget_space(transaction: AsyncConnection, event: SpaceDeleted) -> None:
    await people.lock(transaction)
    await people.remove_space(transaction, event.id)
    await uploads.end_all(transaction, event.id, at=now())


@handlers.on(MemberJoined)
async def keep_new_member(transaction: AsyncConnection, event: MemberJoined) -> None:
    await people.lock(transaction)
    await people.keep_member(transaction, event.space_id, event.user.id, role=event.role)


@handlers.on(MemberUpdated)
async def keep_member(transaction: AsyncConnection, event: MemberUpdated) -> None:
    await people.lock(transaction)
    await people.keep_member(transaction, event.space_id, event.user.id, role=event.role)


@handlers.on(MemberLeft)
async def remove_member(transaction: AsyncConnection, event: MemberLeft) -> None:
    await people.lock(transaction)
    await people.remove_member(transaction, event.space_id, event.user_id)


@handlers.on(MessageDeleted)
async def remove_attachments(transaction: AsyncConnection, event: MessageDeleted) -> None:
    if event.attachments:
        await uploads.end_attached(transaction, [event.channel_id], event.attachments, at=now())


@handlers.on(ChannelDeleted)
async def remove_all_attachments(transaction: AsyncConnection, event: ChannelDeleted) -> None:
    await uploads.end_attached(transaction, [event.id, *event.threads], at=now())


@handlers.on(IdentityLinked)
async def link_identity(transaction: AsyncConnection, event: IdentityLinked) -> None:
    await people.lock(transaction)
    if event.provider == DISCORD:
        await people.link_identity(transaction, event.provider_user_id, event.user_id)


@handlers.on(IdentityUnlinked)
async def unlink_identity(transaction: AsyncConnection, event: IdentityUnlinked) -> None:
    await people.lock(transaction)
    if event.provider == DISCORD:
        await people.unlink_identity(transaction, event.provider_user_id, event.user_id)


@handlers.on(UserDeleted)
async def forget_person(transaction: AsyncConnection, event: UserDeleted) -> None:
    await people.lock(transaction)
    await people.forget(transaction, event.user_id)


@own_handlers.on(RecordingStarted)
async def give_channel(channels: Channels, event: RecordingStarted) -> None:
    await channels.provide(event.id)
