"""Streams in: what auth tells about people."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import UserDeleted, UserRegistered, UserUpdated
from messaging.usecases import people
from streams.projection import Projection, whole_topic

projection = Projection()


@projection.on(UserRegistered, row=whole_topic)
async def keep_new_profile(transaction: AsyncConnection, event: UserRegistered) -> None:
    await people.keep_profile(transaction, event.user)


@projection.on(UserUpdated, row=whole_topic)
async def keep_profile(transaction: AsyncConnection, event: UserUpdated) -> None:
    await people.keep_profile(transaction, event.user)


@projection.on(UserDeleted, row=whole_topic)
async def forget_person(transaction: AsyncConnection, event: UserDeleted) -> None:
    await people.forget_person(transaction, event.user_id, at=event.at)
