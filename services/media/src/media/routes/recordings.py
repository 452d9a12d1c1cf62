"""What people and bots do with recordings."""

from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.answers import answers
from chassis.idempotency import Once
from contracts.ids import RecordingId, SpaceId
from contracts.media import (
    Consent,
    ConsentWanted,
    Note,
    NoteWanted,
    Recording,
    RecordingDetail,
    RecordingPage,
    RecordingWanted,
)
from contracts.times import now
from media.domain.actors import Actor
from media.settings import Settings
from media.usecases import consenting, moving, remarking, requesting, showing
from media.usecases.sweeping import Sweepers

REPEATED = ResponseSpec(Recording, generate_examples=False, description="It was made before, with the same key")
REPEATED_NOTE = ResponseSpec(Note, generate_examples=False, description="It was made before, with the same key")


@post("/api/v1/recordings", responses=answers(400, 403, 404, 409) | {200: REPEATED})
async def request_recording(
    data: JSONBody[RecordingWanted],
    actor: NamedDependency[Actor],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Response[Recording]:
    """Have a voice channel recorded."""
    return await once.answer(
        transaction,
        caller=actor.name,
        wanted=data,
        make=lambda: requesting.request_recording(transaction, data, actor=actor, at=now(), settings=settings),
    )


@get("/api/v1/recordings", responses=answers(400, 403, 404, 409))
async def list_recordings(
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
    space_id: FromQuery[UUID | None] = None,
    guild_id: FromQuery[str | None] = None,
    before: FromQuery[UUID | None] = None,
    limit: FromQuery[int | None] = None,
    deleted: FromQuery[bool] = False,
) -> RecordingPage:
    """Of a space, or of the one that a Discord server is linked to. Newest first; `next_cursor` goes on as `before`."""
    return await showing.list_recordings(
        transaction,
        actor=actor,
        space_id=None if space_id is None else SpaceId(space_id),
        guild_id=guild_id,
        before=None if before is None else RecordingId(before),
        limit=limit,
        deleted=deleted,
        settings=settings,
    )


@get("/api/v1/recordings/{recording_id:uuid}", responses=answers(403, 404))
async def show_recording(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
) -> RecordingDetail:
    return await showing.show_recording(transaction, recording_id, actor=actor)


@post("/api/v1/recordings/{recording_id:uuid}/stop", status_code=200, responses=answers(403, 404))
async def stop(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Recording:
    """One that has ended stays as it is."""
    return await moving.stop(transaction, recording_id, actor=actor, at=now(), settings=settings)


@post("/api/v1/recordings/{recording_id:uuid}/pause", status_code=200, responses=answers(403, 404, 409))
async def pause(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Recording:
    return await moving.pause(transaction, recording_id, actor=actor, at=now(), settings=settings)


@post("/api/v1/recordings/{recording_id:uuid}/resume", status_code=200, responses=answers(403, 404, 409))
async def resume(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Recording:
    return await moving.resume(transaction, recording_id, actor=actor, at=now(), settings=settings)


@delete("/api/v1/recordings/{recording_id:uuid}", status_code=200, responses=answers(403, 404, 409))
async def delete_recording(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Recording:
    """It can be restored for a time."""
    return await moving.delete(transaction, recording_id, actor=actor, at=now(), settings=settings)


@post("/api/v1/recordings/{recording_id:uuid}/restore", status_code=200, responses=answers(403, 404))
async def restore_recording(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Recording:
    return await moving.restore(transaction, recording_id, actor=actor, settings=settings)


@post("/api/v1/recordings/{recording_id:uuid}/notes", responses=answers(400, 403, 404, 409, 413) | {200: REPEATED_NOTE})
async def add_note(
    recording_id: FromPath[RecordingId],
    data: JSONBody[NoteWanted],
    actor: NamedDependency[Actor],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    settings: NamedDependency[Settings],
) -> Response[Note]:
    """Without `at_ms`, at this moment of the recording."""
    return await once.answer(
        transaction,
        caller=actor.name,
        wanted=data,
        make=lambda: remarking.add_note(transaction, recording_id, data, actor=actor, at=now(), settings=settings),
    )


@put("/api/v1/recordings/{recording_id:uuid}/consent", responses=answers(400, 403, 404))
async def choose(
    recording_id: FromPath[RecordingId],
    data: JSONBody[ConsentWanted],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    sweepers: NamedDependency[Sweepers],
) -> Consent:
    """A speaker's own choice, for this recording or for all of the space. Who opts out is not written from then on;
    with `erase`, what this recording has of them is silent from now on, and removed for good.
    """
    async with engine.begin() as transaction:
        consent = await consenting.choose(transaction, recording_id, data, actor=actor, at=now())
    if data.erase:
        sweepers.wake()
    return consent


router = Router(
    "/",
    route_handlers=[
        request_recording,
        list_recordings,
        show_recording,
        stop,
        pause,
        resume,
        delete_recording,
        restore_recording,
        add_note,
        choose,
    ],
    tags=["recordings"],
)
