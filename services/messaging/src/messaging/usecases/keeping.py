"""What happens by itself: what was deleted leaves the tables when its time is over, bit by bit."""

import math
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import idempotency
from chassis.background import Worker, every
from contracts.times import now
from messaging.settings import Settings
from messaging.store import redaction, removal
from messaging.usecases.people import announce_next, without_name

logger = structlog.get_logger()

ANNOUNCE_POLL_SECONDS: Final = 1.0


class Sweeper:
    """In each process; several do no harm. Each step is one transaction, and says whether there may be more to do."""

    def __init__(self, engine: AsyncEngine, limits: Settings) -> None:
        self._engine = engine
        self._limits = limits

    def workers(self) -> list[Worker]:
        """Parted, so that one that fails holds up no other."""
        steps = {
            "sweep keys": self.sweep_keys,
            "sweep names": self.sweep_names,
            "sweep removed": self.sweep_removed,
        }
        wait = every(self._limits.sweep_seconds)
        sweepers = [Worker(name, step, wait=wait, bound_seconds=math.inf) for name, step in steps.items()]
        return [*sweepers, Worker("announce profiles", self.announce_profile, wait=every(ANNOUNCE_POLL_SECONDS))]

    async def announce_profile(self) -> bool:
        """One person's, so that nobody waits for all the spaces of somebody else."""
        async with self._engine.begin() as connection:
            return await announce_next(connection)

    async def sweep_keys(self) -> bool:
        """Forget what creating requests were answered long ago."""
        rows_max, kept_days = self._limits.sweep_rows_max, self._limits.idempotency_keys_kept_days
        async with self._engine.begin() as connection:
            return await idempotency.forget(connection, kept_days=kept_days, limit=rows_max) == rows_max

    async def sweep_names(self) -> bool:
        """Take the names of erased people out of the log."""
        async with self._engine.begin() as connection:
            return await redaction.erase_some(connection, without_name, rows_max=self._limits.sweep_rows_max)

    async def sweep_removed(self) -> bool:
        """Remove what was deleted `deleted_kept_days` ago."""
        before = now() - timedelta(days=self._limits.deleted_kept_days)
        async with self._engine.begin() as connection:
            return await remove_some(connection, before=before, rows_max=self._limits.sweep_rows_max)


async def remove_some(connection: AsyncConnection, *, before: datetime, rows_max: int) -> bool:
    """Some rows of one channel or space that was deleted before then. False when there is none."""
    channel_id = await removal.next_channel(connection, before=before)
    if channel_id is not None:
        if await removal.empty_channel(connection, channel_id, rows_max=rows_max):
            logger.info("channel.removed", channel_id=str(channel_id))
        return True
    space_id = await removal.next_space(connection, before=before)
    if space_id is not None and await removal.empty_space(connection, space_id, rows_max=rows_max):
        logger.info("space.removed", space_id=str(space_id))
    return space_id is not None
