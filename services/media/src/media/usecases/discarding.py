"""Uploads that are over are removed, also those that were never completed, or never attached."""

from collections.abc import Awaitable, Callable, Collection, Hashable
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.ids import ChannelId
from contracts.media import UploadState
from contracts.problems import Unavailable
from contracts.times import now
from media.clients.objects import Objects
from media.store import uploads
from media.store.uploads import COUNTED, Kept
from media.usecases import meters

log = structlog.get_logger()

Shows = Callable[[ChannelId, UUID], Awaitable[bool]]
"""Whether a message of the channel shows the upload."""

ASK_AGAIN: Final = timedelta(minutes=1)
LATE: Final = timedelta(minutes=5)
"""An upload that was begun in time may end so much later."""


class Discarding:
    """No transaction is open while the store is asked."""

    name: ClassVar[str] = "uploads"

    def __init__(self, engine: AsyncEngine, objects: Objects, *, shows: Shows | None) -> None:
        """`shows` asks messaging about uploads that were attached to a message of which no news came."""
        self._engine = engine
        self._objects = objects
        self._shows = shows

    async def next(self, resting: Collection[Hashable]) -> UUID | None:
        async with self._engine.begin() as connection:
            return await uploads.next_due(connection, at=now(), resting=resting)

    async def handle(self, item: UUID) -> None:
        at = now()
        if await self._is_shown_unheard(item, at=at):
            return
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

    async def _is_shown_unheard(self, item: UUID, *, at: datetime) -> bool:
        """Whether it stays, as a message shows it after all, or as messaging does not say: then it is asked again."""
        async with self._engine.begin() as connection:
            kept = await uploads.find(connection, item)
        waited = kept is not None and kept.upload.state is UploadState.READY and not kept.attached(at)
        if self._shows is None or kept is None or kept.channel_id is None or not waited:
            return False
        try:
            shown = await self._shows(kept.channel_id, item)
        except Unavailable:
            async with self._engine.begin() as connection:
                await uploads.make_due(connection, item, at=at + ASK_AGAIN)
            return True
        if shown:
            async with self._engine.begin() as connection:
                await uploads.keep(connection, item)
        return shown


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
