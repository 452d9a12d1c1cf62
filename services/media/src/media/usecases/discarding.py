"""Uploads that are over are removed, also those that were never completed, or never attached."""

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.media import UploadState
from contracts.times import now
from media.clients.objects import Objects
from media.store import uploads
from media.store.uploads import COUNTED, Kept
from media.usecases import meters

log = structlog.get_logger()

LATE: Final = timedelta(minutes=5)
"""An upload that was begun in time may end so much later."""


class Discarding:
    """No transaction is open while the store is asked."""

    name: ClassVar[str] = "uploads"

    def __init__(self, engine: AsyncEngine, objects: Objects) -> None:
        self._engine = engine
        self._objects = objects

    async def next(self, resting: Collection[Hashable]) -> UUID | None:
        async with self._engine.begin() as connection:
            return await uploads.next_due(connection, at=now(), resting=resting)

    async def handle(self, item: UUID) -> None:
        at = now()
        async with self._engine.begin() as connection:
            kept = await uploads.find(connection, item, lock=True)
            if kept is None or not await _is_over(connection, kept, at=at):
                return
        await self._objects.remove(kept.key)
        closed_at = kept.expires_at + LATE
        async with self._engine.begin() as connection:
            if closed_at <= at:
                await uploads.remove(connection, item)
            else:  # it might be uploaded once more
                await uploads.make_due(connection, item, at=closed_at)


async def _is_over(connection: AsyncConnection, kept: Kept, *, at: datetime) -> bool:
    """What nobody wanted is over now; what was attached meanwhile is not."""
    if kept.upload.state not in COUNTED:
        return True
    if kept.due_at is None or kept.due_at > at:
        return False
    if kept.attached(at):
        waiting = kept.held_until is not None and not kept.shown
        await uploads.make_due(connection, kept.upload.id, at=kept.held_until if waiting else None)
        return False
    lacking = "completed" if kept.upload.state is UploadState.RESERVED else "attached"
    await uploads.end_one(connection, kept.upload.id, at=at)
    meters.uploads_swept.add(1, {"lacking": lacking})
    log.info("upload.swept", upload_id=str(kept.upload.id), lacking=lacking)
    return True
