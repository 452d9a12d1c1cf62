"""What speakers had erased, and recordings whose time is over, go from the store for good."""

from collections.abc import Collection, Hashable
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import RecordingId
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from media.store import recordings, segments

log = structlog.get_logger()

Erased = tuple[RecordingId, UUID]
"""A segment."""


class Erasing:
    """Again and again for as long as an address is good by which it might be uploaded once more."""

    name: ClassVar[str] = "erased segments"

    def __init__(self, engine: AsyncEngine, objects: Objects, settings: Settings) -> None:
        self._engine = engine
        self._objects = objects
        self._address_good = timedelta(seconds=settings.upload_seconds)
        self._this_round: set[Erased] = set()

    async def next(self, resting: Collection[Hashable]) -> Erased | None:
        async with self._engine.begin() as connection:
            found = await segments.next_erased(connection, resting=[*resting, *self._this_round])
        if found is None:
            self._this_round.clear()
        return found

    async def handle(self, item: Erased) -> None:
        self._this_round.add(item)
        async with self._engine.begin() as connection:
            erased = await segments.find_erased(connection, *item)
        if erased is None:
            return
        at = now()
        await self._objects.remove(erased.key)
        if erased.erased_at + self._address_good < at:
            async with self._engine.begin() as connection:
                await segments.removed(connection, *item, at=at)


class Removing:
    """Recordings that can no longer be restored, or whose space is gone: objects first, then all that is known."""

    name: ClassVar[str] = "removed recordings"

    def __init__(self, engine: AsyncEngine, objects: Objects, settings: Settings) -> None:
        self._engine = engine
        self._objects = objects
        self._kept = timedelta(days=settings.deleted_kept_days)
        self._address_good = timedelta(seconds=settings.upload_seconds)

    async def next(self, resting: Collection[Hashable]) -> RecordingId | None:
        at = now()
        async with self._engine.begin() as connection:
            return await recordings.next_removable(
                connection, at=at, deleted_before=at - self._kept, closed=at - self._address_good, resting=resting
            )

    async def handle(self, item: RecordingId) -> None:
        async with self._engine.begin() as connection:
            if not await recordings.purge(connection, item, at=now(), deleted_before=now() - self._kept):
                return  # it was restored
            found = await segments.of_recording(connection, item)
        await self._objects.remove_all([one.key for its_segments in found.values() for one in its_segments])
        async with self._engine.begin() as connection:
            await recordings.remove(connection, item)
        log.info("recording.removed", recording_id=str(item))
