"""What speakers choose: whether they are recorded, and whether what was recorded of them stays."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import RecordingId
from contracts.media import Choice, Consent, ConsentChanged, ConsentWanted, RecordingProgressed
from contracts.problems import FieldError, InvalidInput, NotFound, NotLinked
from media.domain.actors import Actor
from media.domain.life import StoredRecording
from media.store import people, recordings, remarks, segments, tracks
from media.usecases.entering import enter
from media.usecases.telling import topic_of
from streams.outbox import publish_all


async def choose(
    connection: AsyncConnection, recording_id: RecordingId, wanted: ConsentWanted, *, actor: Actor, at: datetime
) -> Consent:
    """A speaker's own choice: by their Discord id, which needs no account, or for all that their account has linked.

    From then on nothing more of who has opted out is taken. What was acknowledged before stays, unless they want it
    erased too: then nobody hears it from this moment on, and soon it is gone from the store.
    """
    if wanted.erase and (wanted.whole_space or wanted.choice is not Choice.OPTED_OUT):
        raise InvalidInput(errors=[FieldError("/erase", "goes with opting out of one recording")])
    stored = await recordings.find(connection, recording_id, lock=True)
    if stored is None or (stored.recording.deleted_at is not None and not wanted.erase):
        raise NotFound
    speaking_as = await _speaking_as(connection, actor)
    own = {track.number for track in stored.recording.tracks if track.speaker.discord_id in speaking_as}
    # Who speaks in a recording may have themselves erased from it, whatever else of it is open to them.
    if actor.discord_id is None and not (wanted.erase and own):
        await enter(connection, recording_id, actor=actor)
    made = [
        Consent(
            space_id=stored.recording.space_id,
            recording_id=None if wanted.whole_space else recording_id,
            discord_id=discord_id,
            choice=wanted.choice,
            at=at,
            erased=wanted.erase,
        )
        for discord_id in speaking_as
    ]
    for consent in made:
        await remarks.add_consent(connection, consent)
    told: list[Event] = [ConsentChanged(**msgspec.structs.asdict(one)) for one in made]
    if wanted.erase:
        told += await _erase(connection, stored, own, at=at)
    await publish_all(connection, [(topic_of(stored.recording.space_id), event) for event in told])
    return made[0]


async def _erase(
    connection: AsyncConnection, stored: StoredRecording, numbers: set[int], *, at: datetime
) -> list[Event]:
    """These tracks play silence from now on; workers see to the store, and to the sums of what is ready."""
    for number in numbers:
        await segments.erase(connection, stored.recording.id, number, at=at)
        await tracks.erase(connection, stored.recording.id, number, at=at)
    after = await recordings.find(connection, stored.recording.id)
    return [RecordingProgressed(**msgspec.structs.asdict(after.recording))] if after and numbers else []


async def _speaking_as(connection: AsyncConnection, actor: Actor) -> list[str]:
    if actor.discord_id is not None:
        return [actor.discord_id]
    linked = [] if actor.user_id is None else await people.discord_ids_of(connection, actor.user_id)
    if not linked:
        raise NotLinked("Link the Discord account with which you speak first")
    return linked
