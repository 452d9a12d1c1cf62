"""A consumer group: each event is handled by one of its members, its effect had once."""

import os
import socket
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.background import BOUND_SECONDS, Halt, Step, Worker
from chassis.outages import is_outage
from contracts.events import Envelope
from contracts.times import NEVER, now
from streams import bus, dead_letters, meters, tables
from streams.projection import Projection
from streams.tracing import continued

logger = structlog.get_logger()

Effect = Callable[[Envelope], Awaitable[None]]


class ConsumerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`failures_max` tries, `retry_seconds` and then twice as long apart each time, then the entry is a dead letter. A
    group that made `dead_letters_per_minute_max` of them within a minute makes no more: it stops until one succeeds."""

    batch_max: int = 100
    failures_max: int = 5
    retry_seconds: float = 5.0
    block_ms: int = 1000
    dead_letters_per_minute_max: int = 10


def once(engine: AsyncEngine, *, reader: str, projection: Projection) -> Effect:
    """Apply in one transaction with the inbox row: however often an event arrives, it has its effect once, and never
    after a newer one of its row."""

    async def effect(envelope: Envelope) -> None:
        if not projection.wants(envelope.type):
            return
        async with engine.begin() as connection:
            row = {"reader": reader, "event_id": envelope.id, "at": now()}
            arrived = await connection.execute(insert(tables.inbox).values(row).on_conflict_do_nothing())
            if arrived.rowcount:
                await projection.apply(connection, envelope, reader=reader)

    return effect


class ConsumerGroup:
    """A member of the consumer group `group` over some streams. Acknowledges after the effect.

    An outage is nobody's fault: the entry stays the next one. An entry that fails is left, tried again later by any
    member, and counted in Redis under its own id; what others do meanwhile does not wait for it.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        streams: Sequence[str],
        group: str,
        effect: Effect,
        settings: ConsumerSettings | None = None,
    ) -> None:
        self._redis = redis
        self._streams = tuple(streams)
        self._group = group
        self._effect = effect
        self._settings = settings or ConsumerSettings()
        self._consumer = f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self._claimed_at = NEVER
        self._read: deque[tuple[str, bus.Entry]] = deque()
        self._dead_at: deque[float] = deque(maxlen=self._settings.dead_letters_per_minute_max)
        self._halted = False

    def worker(self, *, bound_seconds: float = BOUND_SECONDS) -> Worker:
        """What reads, handles and acknowledges."""
        name = f"consumer {','.join(self._streams)}"
        return Worker(name, session=self._session, bound_seconds=bound_seconds)

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator[Step]:
        for stream in self._streams:
            await bus.ensure_group(self._redis, stream, self._group)
        yield self._step

    async def _step(self) -> None:
        """Finish what was read before reading more: an outage in between must not change the order."""
        if not self._read:
            await self._claim_failed()
        if not self._read and not self._halted:
            await self._read_new()
        while self._read:
            await self._work_on(*self._read[0])
            self._read.popleft()

    async def _read_new(self) -> None:
        batches = await bus.read_share(
            self._redis,
            self._group,
            self._consumer,
            self._streams,
            count=self._settings.batch_max,
            block_ms=self._settings.block_ms,
        )
        self._read += [(stream, entry) for stream, entries in batches for entry in entries]

    async def _claim_failed(self) -> None:
        """What failed before, here or elsewhere, or was left by a member that is gone."""
        if time.monotonic() - self._claimed_at < self._settings.retry_seconds:
            return
        self._claimed_at = time.monotonic()
        for stream in self._streams:
            self._read += [
                (stream, entry)
                for entry in await bus.claim_failed(
                    self._redis,
                    stream,
                    self._group,
                    self._consumer,
                    pause_ms=int(self._settings.retry_seconds * 1000),
                    count=self._settings.batch_max,
                )
            ]

    async def _work_on(self, stream: str, entry: bus.Entry) -> None:
        entry_id, fields = entry
        try:
            await self._have_effect(bus.decode(fields))
        except Exception as error:
            if is_outage(error):
                raise
            tries = await bus.count_try(self._redis, stream, self._group, entry_id)
            logger.warning("work.failed", stream=stream, entry=entry_id.decode(), tries=tries, exc_info=error)
            if not isinstance(error, bus.Malformed) and tries < self._settings.failures_max:
                return
            await self._dead_letter(stream, entry, error)
        else:
            self._halted = False
        await bus.finish(self._redis, stream, self._group, entry_id)

    async def _have_effect(self, envelope: Envelope) -> None:
        with continued(f"{self._group} {envelope.type}", envelope.trace):
            await self._effect(envelope)

    async def _dead_letter(self, stream: str, entry: bus.Entry, error: Exception) -> None:
        """Raises `Halt` where so much fails that it cannot be the entries' fault."""
        entry_id, fields = entry
        latest = time.monotonic()
        if len(self._dead_at) == self._dead_at.maxlen and latest - self._dead_at[0] < 60:
            self._halted = True
        if self._halted:
            raise Halt(f"too many dead letters, the next would be {entry_id.decode()} of {stream}: {error!r}"[:300])
        self._dead_at.append(latest)
        dead = dead_letters.key_of(stream, self._group)
        await self._redis.xadd(dead, {**fields, b"error": repr(error)[:2000].encode(), b"entry": entry_id})
        meters.dead_letters.add(1, {"stream": stream, "group": self._group})
        logger.error("work.dead_lettered", stream=stream, entry=entry_id.decode(), dead=dead, error=repr(error)[:300])
