"""What people do to a recording: stop, pause, resume, delete, restore. A repeat changes nothing and tells nothing."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import RecordingId, SpaceId
from contracts.media import (
    Recording,
    RecordingDeleted,
    RecordingFailed,
    RecordingFinished,
    RecordingPaused,
    RecordingRestored,
    RecordingResumed,
    RecordingState,
    StopReason,
)
from media.domain import life
from media.domain.actors import Actor, require
from media.domain.life import StoredRecording
from media.settings import Settings
from media.store import recordings
from media.usecases.entering import enter
from media.usecases.telling import keep

ENTERED: Final[dict[RecordingState, type[Event]]] = {
    RecordingState.PAUSED: RecordingPaused,
    RecordingState.RECORDING: RecordingResumed,
    RecordingState.FINISHING: RecordingFinished,
    RecordingState.FAILED: RecordingFailed,
}
"""How it is told that a recording came into a state."""


async def pause(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, at: datetime, settings: Settings
) -> Recording:
    stored = await _taken(connection, recording_id, actor=actor, settings=settings)
    return await move(connection, stored, life.pause(stored, at=at))


async def resume(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, at: datetime, settings: Settings
) -> Recording:
    stored = await _taken(connection, recording_id, actor=actor, settings=settings)
    return await move(connection, stored, life.resume(stored, at=at))


async def stop(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, at: datetime, settings: Settings
) -> Recording:
    stored = await _taken(connection, recording_id, actor=actor, settings=settings)
    return await move(connection, stored, life.stop(stored, at=at, reason=StopReason.ASKED))


async def delete(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, at: datetime, settings: Settings
) -> Recording:
    """Put away; `restore` brings it back until it is removed for good."""
    stored = await _taken(connection, recording_id, actor=actor, settings=settings, deleted=True)
    return await move(connection, stored, life.delete(stored, at=at), event=RecordingDeleted)


async def restore(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, settings: Settings
) -> Recording:
    stored = await _taken(connection, recording_id, actor=actor, settings=settings, deleted=True)
    return await move(connection, stored, life.restore(stored), event=RecordingRestored)


async def stop_all(connection: AsyncConnection, space_id: SpaceId, *, at: datetime) -> None:
    """The space is gone: those that are being made are stopped, and all are removed as soon as they are complete."""
    for stored in await recordings.of_space(connection, space_id):
        await move(connection, stored, life.stop(stored, at=at, reason=StopReason.REMOVED))
    await recordings.purge_all(connection, space_id, at=at)


async def move(
    connection: AsyncConnection, before: StoredRecording, after: StoredRecording, *, event: type[Event] | None = None
) -> Recording:
    """Keep and tell what changed, if anything did."""
    if after == before:
        return before.recording
    return (await keep(connection, after, event or ENTERED[after.state])).recording


async def _taken(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, settings: Settings, deleted: bool = False
) -> StoredRecording:
    """The recording, locked, for who may move it."""
    stored, role = await enter(connection, recording_id, actor=actor, lock=True, deleted=deleted)
    require(role, settings.record_role)
    return stored
