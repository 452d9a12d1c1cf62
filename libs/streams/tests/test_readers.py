"""Readers: a consumer group has its effect once, a subscriber sees everything, and one bad entry stops neither."""

import asyncio
from contextlib import AbstractAsyncContextManager

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, InternalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import background
from chassis.background import Supervisor
from contracts.events import Envelope
from contracts.ids import new_id
from contracts.times import now
from streams import bus, tables
from streams.consumer import ConsumerGroup, ConsumerSettings, Effect, once
from streams.outbox import publish_all
from streams.projection import Projection, in_any_order
from streams.relay import Relay
from streams.subscriber import BroadcastSubscriber
from testkit.waiting import eventually

from .conftest import STREAM, Happened, dead_letters, wipe

QUICK = ConsumerSettings(failures_max=3, retry_seconds=0.05, block_ms=20)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS_MAX", 0.05)


def share(redis: Redis, effect: Effect) -> ConsumerGroup:
    return ConsumerGroup(redis, streams=[STREAM], group="counting", effect=effect, settings=QUICK)


def happened(number: int) -> Envelope:
    data = msgspec.Raw(msgspec.json.encode(Happened(number=number)))
    return Envelope(id=new_id(), type=Happened.TYPE, topic="a", seq=number, at=now(), data=data)


async def put(redis: Redis, *envelopes: Envelope) -> None:
    await bus.add(bus.DedicatedConnection(redis), STREAM, envelopes, marker="unused")


class Counting:
    """Counts effects by number; refuses the numbers it was told to refuse."""

    def __init__(self, *, refuse: int | None = None) -> None:
        self.counted: list[int] = []
        self.refused = 0
        self.projection = Projection()

        @self.projection.on(Happened, row=in_any_order)
        async def count(_: AsyncConnection, event: Happened) -> None:
            if event.number == refuse:
                self.refused += 1
                raise ValueError("poisoned")
            self.counted.append(event.number)

    def at_work(self, engine: AsyncEngine, redis: Redis) -> AbstractAsyncContextManager[None]:
        effect = once(engine, reader="counting", projection=self.projection)
        return Supervisor().running(share(redis, effect).worker())


class TestConsumerGroup:
    async def test_has_the_effect_of_a_repeated_event_once(self, engine: AsyncEngine, redis: Redis) -> None:
        counting = Counting()
        first = happened(1)
        await put(redis, first, first, happened(2), first)

        async with counting.at_work(engine, redis):

            async def done() -> bool:
                return 2 in counting.counted and await settled(redis)

            await eventually(done)

        assert counting.counted == [1, 2]

    async def test_buries_a_poisoned_event_with_its_error_and_goes_on(self, engine: AsyncEngine, redis: Redis) -> None:
        counting = Counting(refuse=2)
        await put(redis, happened(1), happened(2), happened(3))

        async with counting.at_work(engine, redis):

            async def buried() -> bool:
                return await redis.xlen(f"{STREAM}.dead.counting") == 1 and await settled(redis)

            await eventually(buried)

        assert counting.counted == [1, 3]
        assert counting.refused == QUICK.failures_max
        [dead] = await dead_letters(redis, "counting")
        assert b"poisoned" in dead[b"error"]
        assert bus.decode(dead).seq == 2

    async def test_a_failed_handler_leaves_nothing_behind(self, engine: AsyncEngine, redis: Redis) -> None:
        counting = Counting(refuse=1)
        await put(redis, happened(1))

        async with counting.at_work(engine, redis):

            async def buried() -> bool:
                return await redis.xlen(f"{STREAM}.dead.counting") == 1

            await eventually(buried)
        async with engine.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(tables.inbox)) == 0

    async def test_buries_what_is_no_envelope_at_once(self, redis: Redis) -> None:
        await redis.xadd(STREAM, {"e": b"{not json"})
        await redis.xadd(STREAM, {"other": b"field"})

        async def nothing(_: Envelope) -> None: ...

        async with Supervisor().running(share(redis, nothing).worker()):

            async def buried() -> bool:
                return await redis.xlen(f"{STREAM}.dead.counting") == 2

            await eventually(buried)

    @pytest.mark.parametrize(
        "away",
        [
            ConnectionRefusedError(),
            InternalError("select 1", {}, Exception("another operation is in progress")),
            DBAPIError("select 1", {}, Exception("terminating connection"), connection_invalidated=True),
        ],
    )
    async def test_waits_for_a_missing_dependency_without_giving_up_on_the_event(
        self, redis: Redis, away: Exception
    ) -> None:
        calls = 0
        arrived = asyncio.Event()

        async def away_at_first(_: Envelope) -> None:
            nonlocal calls
            calls += 1
            if calls <= QUICK.failures_max * 2:
                raise away
            arrived.set()

        await put(redis, happened(1))
        async with Supervisor().running(share(redis, away_at_first).worker()), asyncio.timeout(30):
            await arrived.wait()

        assert await redis.xlen(f"{STREAM}.dead.counting") == 0

    async def test_goes_on_after_redis_was_wiped(self, engine: AsyncEngine, redis: Redis, relay: Relay) -> None:
        counting = Counting()
        async with counting.at_work(engine, redis):
            async with engine.begin() as connection:
                await publish_all(connection, [("a", Happened(number=number)) for number in (1, 2)])

            async def two() -> bool:
                return counting.counted == [1, 2]

            await eventually(two)
            await wipe(redis)
            async with engine.begin() as connection:
                await publish_all(connection, [("a", Happened(number=3))])

            async def three() -> bool:
                return counting.counted == [1, 2, 3]

            await eventually(three)

    async def test_takes_over_what_a_dead_member_left(self, engine: AsyncEngine, redis: Redis) -> None:
        await put(redis, happened(1))
        await bus.ensure_group(redis, STREAM, "counting")
        await bus.read_share(redis, "counting", "the-dead", [STREAM], count=10, block_ms=1)
        counting = Counting()

        async with counting.at_work(engine, redis):

            async def taken() -> bool:
                return counting.counted == [1]

            await eventually(taken)


async def settled(redis: Redis) -> bool:
    """Nothing waits for an acknowledgement and nothing is unread."""
    [group] = await redis.xinfo_groups(STREAM)
    return group["pending"] == 0 and group["lag"] == 0


class TestBroadcastSubscriber:
    async def test_sees_what_is_told_from_now_on(self, redis: Redis) -> None:
        await put(redis, happened(1))
        put_at = await bus.clock_ms(redis)

        async def a_later_millisecond() -> bool:
            return await bus.clock_ms(redis) > put_at

        await eventually(a_later_millisecond)
        seen: list[int] = []
        view = BroadcastSubscriber(redis, streams=[STREAM], deliver=lambda batch: seen.extend(one.seq for one in batch))

        async with Supervisor().running(view.worker()):
            await view.started.wait()
            await put(redis, happened(2), happened(3))

            async def both() -> bool:
                return seen == [2, 3]

            await eventually(both)

    async def test_passes_over_what_it_cannot_read(self, redis: Redis) -> None:
        seen: list[int] = []
        view = BroadcastSubscriber(redis, streams=[STREAM], deliver=lambda batch: seen.extend(one.seq for one in batch))

        async with Supervisor().running(view.worker()):
            await view.started.wait()
            await redis.xadd(STREAM, {"e": b"{"})
            await put(redis, happened(2))

            async def one() -> bool:
                return seen == [2]

            await eventually(one)

    async def test_passes_over_what_cannot_be_delivered_and_delivers_the_rest(self, redis: Redis) -> None:
        seen: list[int] = []

        def deliver(batch: list[Envelope]) -> None:
            if any(one.seq == 2 for one in batch):
                raise ValueError("poisoned")
            seen.extend(one.seq for one in batch)

        worker = (subscriber := BroadcastSubscriber(redis, streams=[STREAM], deliver=deliver)).worker()

        async with Supervisor().running(worker):
            await subscriber.started.wait()
            await put(redis, happened(1), happened(2), happened(3))

            async def rest() -> bool:
                return seen == [1, 3]

            await eventually(rest)

        assert worker.poisoned == 1
        assert worker.bugs == 0
