"""Notes at moments of a recording."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, new_id
from contracts.media import Note, NoteAdded, NoteWanted
from contracts.problems import FieldError, InvalidInput
from media.domain.actors import Actor
from media.domain.refusals import NoRoom
from media.settings import Settings
from media.store import remarks
from media.usecases.entering import enter
from media.usecases.telling import topic_of
from streams.outbox import publish


async def add_note(
    connection: AsyncConnection,
    recording_id: RecordingId,
    wanted: NoteWanted,
    *,
    actor: Actor,
    at: datetime,
    settings: Settings,
) -> Note:
    """Any member may."""
    stored, _ = await enter(connection, recording_id, actor=actor)
    text = wanted.text.strip()
    if not 1 <= len(text) <= settings.note_chars_max or "\0" in text:
        raise InvalidInput(errors=[FieldError("/text", f"must have 1 to {settings.note_chars_max} characters")])
    longest_ms = round(settings.recording_hours_max * 3_600_000)
    if wanted.at_ms is not None and not 0 <= wanted.at_ms <= longest_ms:
        raise InvalidInput(errors=[FieldError("/at_ms", "is no moment of a recording")])
    if await remarks.note_count(connection, recording_id) >= settings.notes_per_recording_max:
        raise NoRoom(f"At most {settings.notes_per_recording_max} notes")
    note = Note(
        id=new_id(),
        recording_id=recording_id,
        at_ms=stored.position(at) if wanted.at_ms is None else wanted.at_ms,
        text=text,
        author_id=actor.user_id,
        author_discord_id=actor.discord_id,
        created_at=at,
    )
    await remarks.add_note(connection, note)
    await publish(connection, topic_of(stored.recording.space_id), NoteAdded(**msgspec.structs.asdict(note)))
    return note
