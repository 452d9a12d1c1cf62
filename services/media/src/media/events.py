"""Streams in: what messaging tells about spaces and members, auth about Discord accounts, and media itself."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import IdentityLinked, IdentityUnlinked, UserDeleted
from contracts.media import RecordingStarted
from contracts.messaging import MemberJoined, MemberLeft, MemberUpdated, SpaceDeleted, SpaceUpdated
from media.store import people
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
