"""One function per thing people do: load, decide, save, tell."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import UserId, new_id
from contracts.newservice import NoteAdded, Note
from newservice import domain, store
from streams.outbox import publish


async def add_note(
    connection: AsyncConnection, *, author_id: UserId, text: str, at: datetime, chars_max: int
) -> Note:
    """Keep a note for its author."""
    note = domain.make_note(new_id(), author_id=author_id, text=text, at=at, chars_max=chars_max)
    await store.save(connection, note)
    await publish(connection, f"newservice:{author_id}", NoteAdded(**msgspec.structs.asdict(note)))
    return note


async def list_notes(connection: AsyncConnection, *, author_id: UserId) -> tuple[list[Note], int]:
    """The author's notes, and how many have been counted so far."""
    return await store.notes_of(connection, author_id), await store.counted(connection, author_id)
