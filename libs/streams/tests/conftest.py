"""A small service's half of the event path: a database with a log, Redis, and the things that carry events."""

from collections.abc import AsyncGenerator
from typing import ClassVar

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.background import Supervisor
from chassis.database import connect
from chassis.settings import Secret
from contracts.events import Envelope, Event
from streams import bus, tables
from streams.relay import Relay, RelaySettings

STREAM = "try.events"

QUICK = RelaySettings(poll_seconds=0.05, tidy_seconds=0)


class Happened(Event, frozen=True, kw_only=True):
    """Something, numbered."""

    TYPE: ClassVar[str] = "try.thing_happened.v1"
    number: int


@pytest.fixture
async def engine(bare_database: Secret) -> AsyncGenerator[AsyncEngine]:
    made = connect(bare_database, schema="public", connections_max=20)
    async with made.begin() as connection:
        await connection.run_sync(tables.metadata.create_all)
    yield made
    await made.dispose()


@pytest.fixture
async def redis(redis_url: Secret) -> AsyncGenerator[Redis]:
    connected = bus.connect(redis_url.reveal())
    yield connected
    await connected.aclose()


@pytest.fixture
async def relay(engine: AsyncEngine, redis: Redis) -> AsyncGenerator[Relay]:
    made = Relay(engine, redis, stream=STREAM, settings=QUICK)
    async with Supervisor().running(made.worker()):
        yield made


async def sent(redis: Redis, stream: str = STREAM) -> list[Envelope]:
    batches = await bus.read(bus.DedicatedConnection(redis), {stream: "0"}, count=10_000, block_ms=1)
    return [bus.decode(fields) for _, entries in batches for _, fields in entries]


async def dead_letters(redis: Redis, group: str) -> list[dict[bytes, bytes]]:
    batches = await bus.read(bus.DedicatedConnection(redis), {f"{STREAM}.dead.{group}": "0"}, count=100, block_ms=1)
    return [fields for _, entries in batches for _, fields in entries]


async def wipe(redis: Redis) -> None:
    await redis.execute_command("FLUSHDB")  # pyright: ignore[reportUnknownMemberType]  untyped in redis
