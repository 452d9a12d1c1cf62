"""A step of a recording is kept and told in one transaction."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import SpaceId
from contracts.media import Recording
from media.domain.life import StoredRecording
from media.store import recordings
from streams.outbox import publish


def topic_of(space_id: SpaceId) -> str:
    return f"recordings:{space_id}"


async def keep(
    connection: AsyncConnection, stored: StoredRecording, event: type[Event] | None = None
) -> StoredRecording:
    """As it is now, tracks included; told as `event`, if it is one that others should hear of."""
    await recordings.save(connection, stored)
    kept = await recordings.find(connection, stored.recording.id) or stored
    if event is not None:
        await tell_recording(connection, event, kept.recording)
    return kept


async def tell_recording(connection: AsyncConnection, event: type[Event], recording: Recording) -> None:
    await publish(connection, topic_of(recording.space_id), event(**msgspec.structs.asdict(recording)))
