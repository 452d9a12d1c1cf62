"""Carry the log to the Redis stream: unsent rows, in order per topic, at least once, one relay per service.

The table decides what is unsent. Rows that this process has just committed are taken from memory where nothing before
them is missing, and are marked as sent some time later, many at once: whoever leads after a crash sends them again.
"""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.background import BOUND_SECONDS, Step, WakeUp, Worker
from contracts.times import NEVER, now
from streams import bus, log, meters, tables
from streams.backlog import Backlog
from streams.bulk import Logged

logger = structlog.get_logger()

_UNSENT = (
    select(tables.log.c.position, *log.COLUMNS)
    .where(tables.log.c.sent_at.is_(None))
    .order_by(tables.log.c.position)
    .limit(bindparam("count"))
)
_LEAD = text("select pg_try_advisory_lock(hashtextextended(:name, 1))")
_SENT = text("""
    update log set sent_at = now() from set_config('synchronous_commit', 'off', true)
    where position = any(:positions)
    """)
"""Nobody waits for the disk, above all no post that wants to be committed meanwhile: a lost mark sends rows again."""


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """After Redis restarted or was wiped, rows are sent again from `resend` before the oldest that a group had not
    finished. `mark_seconds`: how long a row that was not read from the table may wait for its mark that it was sent."""

    batch_max: int = 500
    poll_seconds: float = 1.0
    mark_seconds: float = 0.5
    resend: timedelta = timedelta(minutes=5)
    stream_kept: timedelta = timedelta(hours=1)
    log_kept: timedelta = timedelta(days=7)
    tidy_seconds: float = 60.0


class Relay:
    """One per process; among the copies of a service the one that holds the advisory lock works, the others wait."""

    def __init__(
        self,
        engine: AsyncEngine,
        redis: Redis,
        *,
        stream: str,
        settings: RelaySettings | None = None,
        carried: Callable[[Sequence[Logged]], None] | None = None,
    ) -> None:
        """`carried` hears of what was sent, by the copy that leads alone; after a failure of some of it again."""
        self._engine = engine
        self._redis = redis
        self._line = bus.DedicatedConnection(redis)
        self._stream = stream
        self._marker = f"{stream}.marker"
        self._settings = settings or RelaySettings()
        self._woken = WakeUp()
        self._carried = carried
        self._backlog = Backlog()
        self._must_read = True
        self._unmarked: list[int] = []
        self._marked_at = NEVER
        self._read_at = NEVER
        self._tidied_at = NEVER
        self._schema = ""
        self.unread_since: datetime | None = None
        """When the oldest event happened that some group had not finished at the last look."""
        self.leading = False
        """Whether this copy is the one that works: then `enqueue` after a commit is enough, nobody need be notified."""

    def wake(self) -> None:
        """There is something to read and send: called by the database's notification."""
        self._must_read = True
        self._woken.notify()

    def enqueue(self, rows: Sequence[Logged]) -> None:
        """These were just committed. Somebody else leads: then they were notified."""
        if rows and self.leading:
            if not self._backlog.enqueue(rows):
                self._must_read = True
            self._woken.notify()

    def worker(self, *, bound_seconds: float = BOUND_SECONDS) -> Worker:
        """What carries the log. Rows wait while PostgreSQL or Redis is away."""
        return Worker("relay", session=self._session, wait=self._wait, bound_seconds=bound_seconds)

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator[Step]:
        """A connection of its own: it holds the lock of the one that works, and is notified of commits."""
        async with self._engine.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                yield partial(self._step, connection, driver)
            finally:
                await self._resign(connection, driver)

    async def _step(self, connection: AsyncConnection, driver: Any) -> None:
        if self.leading or await self._lead(connection, driver):
            await self._send(connection)
            await self._tidy(connection)

    async def _lead(self, connection: AsyncConnection, driver: Any) -> bool:
        """False while another process works."""
        if not await connection.scalar(_LEAD, {"name": self._stream}):
            return False
        self._schema = str(await connection.scalar(text("select current_schema()")))
        await driver.add_listener("log_told", self._hear)
        self._must_read = True
        self.leading = True
        logger.info("relay.leading", stream=self._stream)
        await self._resend_what_redis_lost(connection)
        return True

    def _hear(self, _: Any, __: int, ___: str, payload: str) -> None:
        if payload == self._schema:
            self.wake()

    async def _resign(self, connection: AsyncConnection, driver: Any) -> None:
        """Give the lock back. A connection that is being cut gives it back by its end."""
        self.leading = False
        self._backlog.forget()
        try:
            if not driver.is_closed():
                await self._mark(connection)
                await driver.remove_listener("log_told", self._hear)
                await connection.execute(text("select pg_advisory_unlock_all()"))
        except BaseException as error:
            await connection.invalidate()
            if not isinstance(error, Exception):  # else what ended the work says more
                raise

    async def _wait(self) -> None:
        """Until there is something to send, to mark, or to look for."""
        await self._woken(self._settings.mark_seconds if self._unmarked else self._settings.poll_seconds)

    async def _send(self, connection: AsyncConnection) -> None:
        """Send what was handed over, as far as that goes; look into the table when that is asked for, or due."""
        while not self._must_read and (rows := self._backlog.take(self._settings.batch_max)) != []:
            if rows is None:
                self._must_read = True
            else:
                await self._add(connection, rows)
        clock = time.monotonic()
        if clock - self._read_at > self._settings.poll_seconds:
            self._must_read = True
        if self._must_read or clock - self._marked_at > self._settings.mark_seconds:
            await self._mark(connection)
        while self._must_read:
            self._must_read, self._read_at = False, clock
            found = (await connection.execute(_UNSENT, {"count": self._settings.batch_max})).mappings().all()
            if len(found) == self._settings.batch_max:
                self._must_read = True
            await self._add(connection, [Logged(row["position"], log.envelope(row)) for row in found])
            await self._mark(connection)

    async def _add(self, connection: AsyncConnection, rows: Sequence[Logged]) -> None:
        """Without rows Redis is still asked whether it is the one that has the others."""
        marker = await bus.add(self._line, self._stream, [row.envelope for row in rows], marker=self._marker)
        if marker is None:
            self._must_read = True
            await self._resend_what_redis_lost(connection)
        elif rows:
            self._backlog.mark_sent(rows)
            if self._carried is not None:
                self._carried(rows)
            self._unmarked += [row.position for row in rows]
            meters.relay_lag.record((now() - rows[0].envelope.at).total_seconds(), {"stream": self._stream})

    async def _mark(self, connection: AsyncConnection) -> None:
        self._marked_at = time.monotonic()
        if self._unmarked:
            positions, self._unmarked = self._unmarked, []  # if this fails they are sent again, by whoever leads then
            await connection.execute(_SENT, {"positions": positions})

    async def _resend_what_redis_lost(self, connection: AsyncConnection) -> None:
        """The marker names the Redis process that has our entries: another one, or none, may have lost the last.

        A group that was an hour behind has lost an hour. Where nothing tells any more how far the groups were, all that
        the log has is sent; readers drop repeats.
        """
        run_id = await bus.run_id(self._redis)
        if await self._redis.get(self._marker) == run_id:
            return
        self._backlog.forget()
        await self._mark(connection)
        entries = tables.log
        lost = update(entries).where(entries.c.sent_at.is_not(None))
        since = self.unread_since
        if since is None:
            since = await bus.oldest_unread(self._redis, self._stream) or await bus.newest(self._redis, self._stream)
        if since is not None:
            lost = lost.where(entries.c.at > since - self._settings.resend)
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
        self.unread_since = await bus.oldest_unread(self._redis, self._stream) or now()
        oldest = f"{int((now() - self._settings.stream_kept).timestamp() * 1000)}-0"
        needed = await bus.oldest_needed(self._redis, self._stream)
        limit = min((one for one in (oldest.encode(), needed) if one is not None), key=bus.order)
        await self._redis.xtrim(self._stream, minid=limit.decode(), approximate=True)
        await log.forget(connection, older_than=self._settings.log_kept, inbox_older_than=self._settings.log_kept)
