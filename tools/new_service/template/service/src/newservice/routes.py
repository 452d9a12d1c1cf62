"""HTTP in: decode, call one use case, encode."""

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.tokens import Caller
from contracts.newservice import Note
from contracts.times import now
from newservice import usecases
from newservice.settings import Settings


class NoteWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client sends."""

    text: str


class NotesSeen(msgspec.Struct, frozen=True):
    """The caller's notes, oldest first; `counted` follows a moment later."""

    items: list[Note]
    counted: int


@post("/notes")
async def add_note(
    data: JSONBody[NoteWanted],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Note:
    """Keep a note."""
    return await usecases.add_note(
        transaction, author_id=caller.user_id, text=data.text, at=now(), chars_max=limits.note_chars_max
    )


@get("/notes")
async def list_notes(caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]) -> NotesSeen:
    """The caller's own."""
    notes, counted = await usecases.list_notes(transaction, author_id=caller.user_id)
    return NotesSeen(notes, counted)


router = Router("/api/v1/newservice", route_handlers=[add_note, list_notes], tags=["newservice"])
