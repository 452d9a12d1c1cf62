"""Streams in: what auth tells about people."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import UserDeleted, UserRegistered, UserUpdated
from messaging.usecases import people
from streams.handlers import Handlers

handlers: Handlers[AsyncConnection] = Handlers()


@handlers.on(UserRegistered)
async def keep_new_profile(transaction: AsyncConnection, event: UserRegistered) -> None:
    await people.keep_profile(transaction, event.user)


@handlers.on(UserUpdated)
async def keep_profile(transaction: AsyncConnection, event: UserUpdated) -> None:
    await people.keep_profile(transaction, event.user)


@handlers.on(UserDeleted)
async def forget_person(transaction: AsyncConnection, event: UserDeleted) -> None:
    await people.forget_person(transaction, event.user_id, at=event.at)
