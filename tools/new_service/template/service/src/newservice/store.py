"""Tables and every query; nothing here commits."""

from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import UserId
from contracts.newservice import Note

_SAVE: Final = text("insert into notes (id, author_id, text, created_at) values (:id, :author_id, :text, :created_at)")
_LIST: Final = text("select id, author_id, text, created_at from notes where author_id = :author_id order by id")
_COUNT: Final = text("""
    insert into note_counts as counted (author_id, notes) values (:author_id, 1)
    on conflict (author_id) do update set notes = counted.notes + 1
""")
_COUNTED: Final = text("select notes from note_counts where author_id = :author_id")


async def save(connection: AsyncConnection, note: Note) -> None:
    await connection.execute(_SAVE, msgspec.structs.asdict(note))


async def notes_of(connection: AsyncConnection, author_id: UserId) -> list[Note]:
    """Oldest first."""
    rows = await connection.execute(_LIST, {"author_id": author_id})
    return [msgspec.convert(dict(row), Note) for row in rows.mappings()]


async def count_one_more(connection: AsyncConnection, author_id: UserId) -> None:
    await connection.execute(_COUNT, {"author_id": author_id})


async def counted(connection: AsyncConnection, author_id: UserId) -> int:
    return int(await connection.scalar(_COUNTED, {"author_id": author_id}) or 0)
