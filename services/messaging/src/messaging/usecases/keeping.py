"""What happens by itself: what was deleted leaves the tables when its time is over, bit by bit."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import idempotency
from chassis.background import raise_if_cancelled
from contracts.times import now
from messaging.settings import Settings
from messaging.store import redaction, removal
from messaging.usecases.people import without_name

logger = structlog.get_logger()


class Keeper:
    """One in each process; several do no harm."""

    def __init__(self, engine: AsyncEngine, limits: Settings) -> None:
        self._engine = engine
        self._limits = limits

    async def run(self) -> None:
        """Work until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self.sweep()
            except (DBAPIError, OSError) as error:
                logger.warning("sweep.paused", error=repr(error)[:300])
            raise_if_cancelled()
            await asyncio.sleep(self._limits.sweep_seconds)

    async def sweep(self) -> None:
        """Everything that is due; each step is a transaction of its own."""
        rows_max, kept_days = self._limits.sweep_rows_max, self._limits.idempotency_keys_kept_days
        more = True
        while more:
            async with self._engine.begin() as connection:
                more = await idempotency.forget(connection, kept_days=kept_days, limit=rows_max) == rows_max
        more = True
        while more:
            async with self._engine.begin() as connection:
                more = await redaction.erase_some(connection, without_name, rows_max=rows_max)
        before, more = now() - timedelta(days=self._limits.deleted_kept_days), True
        while more:
            async with self._engine.begin() as connection:
                more = await remove_some(connection, before=before, rows_max=rows_max)


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
