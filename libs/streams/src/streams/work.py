"""A share of work: each event is handled by one of the group, its effect had once."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import Envelope
from contracts.problems import Unavailable
from contracts.times import now
from streams import bus, ending, meters, tables
from streams.handlers import Handlers
from streams.tracing import continued

logger = structlog.get_logger()

Effect = Callable[[Envelope], Awaitable[None]]

AWAY = (*bus.AWAY, OperationalError, InterfaceError, InternalError, Unavailable)
"""A dependency is missing: that is not the event's fault, so it is tried again without counting."""


def _is_away(error: Exception) -> bool:
    """Also what a statement raises, of whatever class, when its connection is cut."""
    return isinstance(error, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


class WorkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`failures_max` tries, at least `retry_seconds` apart, then the entry is a dead letter."""

    batch_max: int = 100
    failures_max: int = 5
    retry_seconds: float = 5.0
    block_ms: int = 1000
    pause_seconds: float = 0.5


def once(engine: AsyncEngine, *, reader: str, handlers: Handlers[AsyncConnection]) -> Effect:
    """Handle in one transaction with the inbox row: however often an event arrives, it has its effect once."""

    async def effect(envelope: Envelope) -> None:
        if not handlers.wants(envelope.type):
            return
        async with engine.begin() as connection:
            row = {"reader": reader, "event_id": envelope.id, "at": now()}
            arrived = await connection.execute(insert(tables.inbox).values(row).on_conflict_do_nothing())
            if arrived.rowcount:
                await handlers.handle(connection, envelope)

    return effect


class ShareOfWork:
    """A member of the consumer group `group` over some streams. Acknowledges after the effect."""

    def __init__(
        self, redis: Redis, *, streams: Sequence[str], group: str, effect: Effect, settings: WorkSettings | None = None
    ) -> None:
        self._redis = redis
        self._streams = tuple(streams)
        self._group = group
        self._effect = effect
        self._settings = settings or WorkSettings()
        self._consumer = f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self._claimed_at = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                for stream in self._streams:
                    await bus.ensure_group(self._redis, stream, self._group)
                while True:
                    ending.heed()
                    await self._retry_stuck()
                    await self._work_on_new()
            except AWAY as error:
                ending.heed()
                if not isinstance(error, ResponseError) or "NOGROUP" not in str(error):
                    logger.warning("work.paused", group=self._group, error=repr(error)[:300])
                await asyncio.sleep(self._settings.pause_seconds)

    async def _work_on_new(self) -> None:
        batches = await bus.read_share(
            self._redis,
            self._group,
            self._consumer,
            self._streams,
            count=self._settings.batch_max,
            block_ms=self._settings.block_ms,
        )
        for stream, entries in batches:
            for entry in entries:
                await self._work_on(stream, entry, tries=1)

    async def _retry_stuck(self) -> None:
        if time.monotonic() - self._claimed_at < self._settings.retry_seconds:
            return
        self._claimed_at = time.monotonic()
        idle_ms = int(self._settings.retry_seconds * 1000)
        for stream in self._streams:
            for entry, tries in await bus.claim_stuck(
                self._redis, stream, self._group, self._consumer, idle_ms=idle_ms, count=self._settings.batch_max
            ):
                await self._work_on(stream, entry, tries=tries)

    async def _work_on(self, stream: str, entry: bus.Entry, *, tries: int) -> None:
        entry_id, fields = entry
        try:
            await self._have_effect(bus.decode(fields))
        except Exception as error:
            final = isinstance(error, bus.Malformed) or tries >= self._settings.failures_max
            logger.warning("work.failed", stream=stream, entry=entry_id.decode(), tries=tries, exc_info=error)
            if not final:
                return
            await self._bury(stream, entry, error)
        await self._redis.xack(stream, self._group, entry_id)

    async def _have_effect(self, envelope: Envelope) -> None:
        with continued(f"{self._group} {envelope.type}", envelope.trace):
            while True:
                try:
                    await self._effect(envelope)
                except Exception as error:
                    if not _is_away(error):
                        raise
                    logger.warning("work.waiting", group=self._group, error=repr(error)[:300])
                    await asyncio.sleep(self._settings.pause_seconds)
                else:
                    return

    async def _bury(self, stream: str, entry: bus.Entry, error: Exception) -> None:
        entry_id, fields = entry
        dead = f"{stream}.dead.{self._group}"
        await self._redis.xadd(dead, {**fields, b"error": repr(error)[:2000].encode(), b"entry": entry_id})
        meters.dead_letters.add(1, {"stream": stream, "group": self._group})
        logger.error("work.buried", stream=stream, entry=entry_id.decode(), dead=dead, error=repr(error)[:300])
