"""Every recording that has begun gets a channel of its own in messaging, to be talked about in."""

from typing import Final

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import RecordingId
from contracts.media import Recording, RecordingProgressed
from media.clients.services import Services
from media.domain import life
from media.store import recordings
from media.usecases.telling import keep

log = structlog.get_logger()

NAME_CHARS_MAX: Final = 100


class Channels:
    """Each step may be repeated: messaging gives the same channel again, and it is kept and told once."""

    def __init__(self, engine: AsyncEngine, services: Services) -> None:
        self._engine = engine
        self._services = services

    async def provide(self, recording_id: RecordingId) -> None:
        """Raises `Unavailable` when it is to be tried again. No transaction is open while messaging is asked."""
        async with self._engine.begin() as connection:
            stored = await recordings.find(connection, recording_id)
        if stored is None or stored.recording.channel_id is not None:
            return
        recording = stored.recording
        channel = await self._services.provide_channel(recording.space_id, recording_id, name=name_of(recording))
        if channel is None:
            log.warning("channel.refused", recording_id=str(recording_id), space_id=str(recording.space_id))
            return
        async with self._engine.begin() as connection:
            stored = await recordings.find(connection, recording_id, lock=True)
            if stored is not None and stored.recording.channel_id is None:
                talked_about = msgspec.structs.replace(stored.recording, channel_id=channel.id)
                await keep(connection, life.replace(stored, recording=talked_about), RecordingProgressed)


def name_of(recording: Recording) -> str:
    """The title as far as a channel's name may be, or when it was."""
    title = "".join(letter for letter in recording.title if letter.isprintable())[:NAME_CHARS_MAX].strip()
    return title or f"Recording {recording.created_at:%Y-%m-%d %H.%M}"
