"""What newservice tells. Topic `newservice:<author id>`."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from contracts.events import Event
from contracts.ids import UserId


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A few words that somebody keeps."""

    id: UUID
    author_id: UserId
    text: str
    created_at: datetime


class NoteAdded(Note, Event, frozen=True, kw_only=True):
    """A note exists."""

    TYPE: ClassVar[str] = "newservice.note_added.v1"
