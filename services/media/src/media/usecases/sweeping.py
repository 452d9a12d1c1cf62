"""Uploads that are over are removed, also those that were never completed, or never attached."""

from datetime import datetime, timedelta
from typing import Final

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


async def sweep_next(engine: AsyncEngine, objects: Objects) -> bool:
    """Look after the upload that has been due for longest; False when none is."""
    at = now()
    async with engine.begin() as connection:
        kept = await uploads.next_due(connection, at=at)
        if kept is None:
            return False
        if kept.attached(at) and kept.upload.state in COUNTED:
            waiting = kept.held_until is not None and not kept.shown
            await uploads.make_due(connection, kept.upload.id, at=kept.held_until if waiting else None)
            return True
        if kept.upload.state in COUNTED:
            await _give_up(connection, kept, at=at)
        await objects.remove(kept.key)
        closed_at = kept.expires_at + LATE
        if closed_at <= at:
            await uploads.remove(connection, kept.upload.id)
        else:  # it might be uploaded once more
            await uploads.make_due(connection, kept.upload.id, at=closed_at)
    return True


async def _give_up(connection: AsyncConnection, kept: Kept, *, at: datetime) -> None:
    lacking = "completed" if kept.upload.state is UploadState.RESERVED else "attached"
    await uploads.end_one(connection, kept.upload.id, at=at)
    meters.uploads_swept.add(1, {"lacking": lacking})
    log.info("upload.swept", upload_id=str(kept.upload.id), lacking=lacking)
