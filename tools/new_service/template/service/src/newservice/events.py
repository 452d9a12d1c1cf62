"""Streams in: each event counts once, however often it arrives."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.newservice import NoteAdded
from newservice import store
from streams.handlers import Handlers

handlers: Handlers[AsyncConnection] = Handlers()


@handlers.on(NoteAdded)
async def count_note(transaction: AsyncConnection, event: NoteAdded) -> None:
    await store.count_one_more(transaction, event.author_id)
