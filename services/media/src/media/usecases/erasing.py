"""What speakers had erased, and recordings whose time is over, go from the store for good.

In rounds: when all that is due has been removed, the store's disk is vacuumed once, and only then it is noted as gone.
What ends a round half done repeats it.
"""

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
        self._this_round: dict[Erased, bool] = {}
        """Whether none of its addresses was good any more when it was removed."""
        self._vacuumed: set[Erased] = set()

    async def next(self, resting: Collection[Hashable]) -> Erased | None:
        async with self._engine.begin() as connection:
            found = await segments.next_erased(connection, resting=[*resting, *self._this_round])
        if found is None:
            await self._end_round()
        return found

    async def handle(self, item: Erased) -> None:
        async with self._engine.begin() as connection:
            erased = await segments.find_erased(connection, *item)
        is_last = erased is None or erased.erased_at + self._address_good < now()
        if erased is not None:
            await self._objects.remove(erased.key)
        self._this_round[item] = is_last

    async def _end_round(self) -> None:
        """What is removed again only because it might have been uploaded again needs no vacuum until the last time."""
        removed = set(self._this_round)
        last = {item for item, is_last in self._this_round.items() if is_last}
        if last or not removed <= self._vacuumed:
            await self._objects.vacuum()
            async with self._engine.begin() as connection:
                for item in last:
                    await segments.removed(connection, *item, at=now())
        self._vacuumed = removed - last
        self._this_round.clear()


class Removing:
    """Recordings that can no longer be restored, or whose space is gone: objects first, then all that is known."""

    name: ClassVar[str] = "removed recordings"

    def __init__(self, engine: AsyncEngine, objects: Objects, settings: Settings) -> None:
        self._engine = engine
        self._objects = objects
        self._kept = timedelta(days=settings.deleted_kept_days)
        self._address_good = timedelta(seconds=settings.upload_seconds)
        self._this_round: set[RecordingId] = set()

    async def next(self, resting: Collection[Hashable]) -> RecordingId | None:
        at = now()
        async with self._engine.begin() as connection:
            found = await recordings.next_removable(
                connection,
                at=at,
                deleted_before=at - self._kept,
                closed=at - self._address_good,
                resting=[*resting, *self._this_round],
            )
        if found is None and self._this_round:
            await self._end_round()
        return found

    async def handle(self, item: RecordingId) -> None:
        async with self._engine.begin() as connection:
            if not await recordings.purge(connection, item, at=now(), deleted_before=now() - self._kept):
                return  # it was restored
            found = await segments.of_recording(connection, item)
        await self._objects.remove_all([one.key for its_segments in found.values() for one in its_segments])
        self._this_round.add(item)

    async def _end_round(self) -> None:
        await self._objects.vacuum()
        for item in self._this_round:
            async with self._engine.begin() as connection:
                await recordings.remove(connection, item)
            log.info("recording.removed", recording_id=str(item))
        self._this_round.clear()
