"""Notes, and the ledger of speakers' choices, to which is only ever added."""

import msgspec
from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, SpaceId
from contracts.media import Choice, Consent, Note
from media.store.tables import consents, notes


async def add_note(connection: AsyncConnection, note: Note) -> None:
    await connection.execute(insert(notes).values(msgspec.structs.asdict(note)))


async def notes_of(connection: AsyncConnection, recording_id: RecordingId) -> tuple[Note, ...]:
    query = select(notes).where(notes.c.recording_id == recording_id).order_by(notes.c.at_ms, notes.c.id)
    return tuple(msgspec.convert(row, Note, from_attributes=True) for row in await connection.execute(query))


async def note_count(connection: AsyncConnection, recording_id: RecordingId) -> int:
    query = select(func.count()).select_from(notes).where(notes.c.recording_id == recording_id)
    return int(await connection.scalar(query) or 0)


async def add_consent(connection: AsyncConnection, consent: Consent) -> None:
    await connection.execute(insert(consents).values(msgspec.structs.asdict(consent)))


async def consents_for(
    connection: AsyncConnection, space_id: SpaceId, recording_id: RecordingId
) -> tuple[Consent, ...]:
    """Each speaker's newest choice that counts for the recording."""
    query = (
        select(*(column for column in consents.c if column is not consents.c.position))
        .ext(distinct_on(consents.c.discord_id))
        .where(
            consents.c.space_id == space_id,
            or_(consents.c.recording_id.is_(None), consents.c.recording_id == recording_id),
        )
        .order_by(consents.c.discord_id, consents.c.position.desc())
    )
    return tuple(msgspec.convert(row, Consent, from_attributes=True) for row in await connection.execute(query))


async def opted_out(connection: AsyncConnection, space_id: SpaceId, recording_id: RecordingId) -> tuple[str, ...]:
    """Discord ids of who must not be written."""
    choices = await consents_for(connection, space_id, recording_id)
    return tuple(one.discord_id for one in choices if one.choice is Choice.OPTED_OUT)
