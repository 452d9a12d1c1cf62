"""Notes at moments of a recording, and what speakers choose."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, new_id
from contracts.media import Consent, ConsentChanged, ConsentWanted, Note, NoteAdded, NoteWanted
from contracts.problems import FieldError, InvalidInput, NotFound, NotLinked
from media.domain.actors import Actor
from media.domain.refusals import NoRoom
from media.settings import Settings
from media.store import people, recordings, remarks
from media.usecases.entering import enter
from media.usecases.telling import topic_of
from streams.outbox import tell, tell_all


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
    held, _ = await enter(connection, recording_id, actor=actor)
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
        at_ms=held.position(at) if wanted.at_ms is None else wanted.at_ms,
        text=text,
        author_id=actor.user_id,
        author_discord_id=actor.discord_id,
        created_at=at,
    )
    await remarks.add_note(connection, note)
    await tell(connection, topic_of(held.recording.space_id), NoteAdded(**msgspec.structs.asdict(note)))
    return note


async def choose(
    connection: AsyncConnection, recording_id: RecordingId, wanted: ConsentWanted, *, actor: Actor, at: datetime
) -> Consent:
    """A speaker's own choice: by their Discord id, which needs no account, or for all that their account has linked.

    From then on nothing more of who has opted out is taken; what was acknowledged before stays.
    """
    held = await recordings.find(connection, recording_id, lock=True)
    if held is None or held.recording.deleted_at is not None:
        raise NotFound
    if actor.discord_id is None:
        await enter(connection, recording_id, actor=actor)
    made = [
        Consent(
            space_id=held.recording.space_id,
            recording_id=None if wanted.whole_space else recording_id,
            discord_id=discord_id,
            choice=wanted.choice,
            at=at,
        )
        for discord_id in await _speaking_as(connection, actor)
    ]
    for consent in made:
        await remarks.add_consent(connection, consent)
    topic = topic_of(held.recording.space_id)
    await tell_all(connection, [(topic, ConsentChanged(**msgspec.structs.asdict(one))) for one in made])
    return made[0]


async def _speaking_as(connection: AsyncConnection, actor: Actor) -> list[str]:
    if actor.discord_id is not None:
        return [actor.discord_id]
    linked = [] if actor.user_id is None else await people.discord_ids_of(connection, actor.user_id)
    if not linked:
        raise NotLinked("Link the Discord account with which you speak first")
    return linked
