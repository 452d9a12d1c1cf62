"""The rules about notes."""

from datetime import datetime
from uuid import UUID

from contracts.ids import UserId
from contracts.newservice import Note
from contracts.problems import InvalidInput


class NoteRefused(InvalidInput):
    """A note has at least one character that shows, and not more than `note_chars_max`."""

    code, title = "note_refused", "This can't be a note"


def make_note(note_id: UUID, *, author_id: UserId, text: str, at: datetime, chars_max: int) -> Note:
    """The note, or why not."""
    plain = text.strip()
    if not 0 < len(plain) <= chars_max:
        raise NoteRefused(f"A note has 1 to {chars_max} characters")
    return Note(id=note_id, author_id=author_id, text=plain, created_at=at)
