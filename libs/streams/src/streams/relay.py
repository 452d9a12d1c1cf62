"""Carry the log to the Redis stream: unsent rows, in order per topic, at least once, one relay per service."""

import asyncio
import time
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.times import now
from streams import bus, log, meters, tables

logger = structlog.get_logger()

AWAY: Final = (*bus.AWAY, DBAPIError)

_UNSENT = (
    select(tables.log.c.position, *log.COLUMNS)
    .where(tables.log.c.sent_at.is_(None))
    .order_by(tables.log.c.position)
    .limit(bindparam("count"))
)
_LEAD = text("select pg_try_advisory_lock(hashtextextended(:name, 1))")
_SENT = text("update log set sent_at = now() where position = any(:positions)")


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`resend` is how far back rows are sent again after Redis restarted or was wiped."""

    batch_max: int = 500
    poll_seconds: float = 1.0
    retry_seconds: float = 0.5
    resend: timedelta = timedelta(minutes=5)
    stream_kept: timedelta = timedelta(hours=1)
    log_kept: timedelta = timedelta(days=7)
    tidy_seconds: float = 60.0


class Relay:
    """One per process; among the copies of a service the one that holds the advisory lock works, the others wait."""

    def __init__(
        self, engine: AsyncEngine, redis: Redis, *, stream: str, settings: RelaySettings | None = None
    ) -> None:
        self._engine = engine
        self._redis = redis
        self._stream = stream
        self._marker = f"{stream}.marker"
        self._settings = settings or RelaySettings()
        self._bell = asyncio.Event()
        self._tidied_at = 0.0
        self.leading = False
        """Whether this copy is the one that works: then `wake` after a commit is enough, nobody need be notified."""

    def wake(self) -> None:
        """There is something to send: called right after a commit, or by the database's notification."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled. Whatever is away is waited for; rows wait with it."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._serve(await connection.execution_options(isolation_level="AUTOCOMMIT"))
            except AWAY as error:
                logger.warning("relay.paused", stream=self._stream, error=repr(error)[:300])
                await asyncio.sleep(self._settings.retry_seconds)

    async def _serve(self, connection: AsyncConnection) -> None:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        schema = await connection.scalar(text("select current_schema()"))

        def ring(_: Any, __: int, ___: str, payload: str) -> None:
            if payload == schema:
                self.wake()

        while not await connection.scalar(_LEAD, {"name": self._stream}):  # noqa: ASYNC110  held by another process
            await asyncio.sleep(self._settings.poll_seconds)
        await driver.add_listener("log_told", ring)
        self.leading = True
        try:
            logger.info("relay.leading", stream=self._stream)
            await self._resend_what_redis_lost(connection)
            while True:
                self._bell.clear()
                while await self._send_batch(connection) == self._settings.batch_max:
                    pass
                await self._tidy(connection)
                await self._wait()
        finally:
            self.leading = False
            if not driver.is_closed():
                await driver.remove_listener("log_told", ring)
                await connection.execute(text("select pg_advisory_unlock_all()"))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._settings.poll_seconds):
                await self._bell.wait()
        except TimeoutError:
            pass

    async def _send_batch(self, connection: AsyncConnection) -> int:
        rows = (await connection.execute(_UNSENT, {"count": self._settings.batch_max})).mappings().all()
        envelopes = [log.envelope(row) for row in rows]
        if await bus.add(self._redis, self._stream, envelopes, marker=self._marker) is None:
            await self._resend_what_redis_lost(connection)
            return self._settings.batch_max
        if rows:
            await connection.execute(_SENT, {"positions": [row["position"] for row in rows]})
            meters.relay_lag.record((now() - rows[0]["at"]).total_seconds(), {"stream": self._stream})
        return len(rows)

    async def _resend_what_redis_lost(self, connection: AsyncConnection) -> None:
        """The marker names the Redis process that has our entries: another one, or none, may have lost the last."""
        run_id = await bus.run_id(self._redis)
        if await self._redis.get(self._marker) == run_id:
            return
        entries = tables.log
        lost = update(entries).where(entries.c.at > now() - self._settings.resend, entries.c.sent_at.is_not(None))
        result = await connection.execute(lost.values(sent_at=None))
        await self._redis.set(self._marker, run_id)
        logger.info("relay.resending", stream=self._stream, rows=result.rowcount)

    async def _tidy(self, connection: AsyncConnection) -> None:
        """Trim the stream by age, never past what a group has not read; forget old rows of the log."""
        if time.monotonic() - self._tidied_at < self._settings.tidy_seconds:
            return
        self._tidied_at = time.monotonic()
        if not await self._redis.exists(self._stream):
            return
        oldest = f"{int((now() - self._settings.stream_kept).timestamp() * 1000)}-0"
        needed = await bus.oldest_needed(self._redis, self._stream)
        limit = min((one for one in (oldest.encode(), needed) if one is not None), key=bus.order)
        await self._redis.xtrim(self._stream, minid=limit.decode(), approximate=True)
        await log.forget(connection, older_than=self._settings.log_kept, inbox_older_than=self._settings.log_kept)
