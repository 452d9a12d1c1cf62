"""Streams in: each event counts once, however often it arrives."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.newservice import NoteAdded
from newservice import store
from streams.projection import Projection, in_any_order

projection = Projection()


@projection.on(NoteAdded, row=in_any_order)
async def count_note(transaction: AsyncConnection, event: NoteAdded) -> None:
    await store.count_one_more(transaction, event.author_id)
