"""The relay loses nothing: not slow transactions, not what Redis forgot."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.background import Supervisor
from contracts.times import now
from embedded import Server
from streams import bus, tables
from streams.outbox import publish, publish_all
from streams.relay import Relay
from testkit.waiting import eventually

from .conftest import QUICK, STREAM, Happened, sent, wipe


async def unsent(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        query = select(func.count()).select_from(tables.log).where(tables.log.c.sent_at.is_(None))
        return await connection.scalar(query) or 0


async def publish_then_age(connection: AsyncConnection) -> None:
    """Three events that happened an hour ago."""
    await publish_all(connection, [("a", Happened(number=number)) for number in range(3)])
    await connection.execute(text("update log set at = at - interval '1 hour'"))


async def wipe_after_a_look(relay: Relay, redis: Redis) -> None:
    """Once the relay has seen how far the groups are."""
    relay.unread_since = None
    relay.wake()

    async def has_looked() -> bool:
        return relay.unread_since is not None

    await eventually(has_looked)
    await wipe(redis)


class TestRelay:
    async def test_carries_events_in_order(self, engine: AsyncEngine, redis: Redis, relay: Relay) -> None:
        for number in range(20):
            async with engine.begin() as connection:
                await publish_all(connection, [("a", Happened(number=number)), ("b", Happened(number=number))])

        async def all_there() -> bool:
            return len(await sent(redis)) == 40

        await eventually(all_there)
        envelopes = await sent(redis)
        assert [one.seq for one in envelopes if one.topic == "a"] == list(range(1, 21))
        assert msgspec.json.decode(envelopes[0].data) == {"number": 0}

    async def test_loses_no_row_of_a_slow_transaction(self, engine: AsyncEngine, redis: Redis, relay: Relay) -> None:
        async with engine.connect() as slow:
            await slow.begin()
            await publish(slow, "slow", Happened(number=1))
            async with engine.begin() as quick:
                await publish(quick, "quick", Happened(number=2))

            async def quick_one_there() -> bool:
                return [one.topic for one in await sent(redis)] == ["quick"]

            await eventually(quick_one_there)
            await slow.commit()

        async def both_there() -> bool:
            return [one.topic for one in await sent(redis)] == ["quick", "slow"]

        await eventually(both_there)

    async def test_is_woken_by_a_commit_and_need_not_poll(self, engine: AsyncEngine, redis: Redis) -> None:
        lazy = Relay(engine, redis, stream=STREAM, settings=msgspec.structs.replace(QUICK, poll_seconds=60))

        async def leading() -> bool:
            return bool(await redis.exists(f"{STREAM}.marker"))

        async def there() -> bool:
            return len(await sent(redis)) == 1

        async with Supervisor().running(lazy.worker()):
            await eventually(leading)
            async with engine.begin() as connection:
                await publish(connection, "a", Happened(number=1))
            await eventually(there)

    async def test_sends_again_what_a_wiped_redis_forgot(self, engine: AsyncEngine, redis: Redis, relay: Relay) -> None:
        async with engine.begin() as connection:
            await publish_all(connection, [("a", Happened(number=number)) for number in range(3)])

        async def all_there() -> bool:
            return [one.seq for one in await sent(redis)] == [1, 2, 3]

        await eventually(all_there)
        await wipe(redis)

        await eventually(all_there)

    @pytest.mark.parametrize("relay_is_new", [False, True])
    async def test_goes_back_as_far_as_a_group_that_is_an_hour_behind(
        self, engine: AsyncEngine, redis: Redis, relay_is_new: bool
    ) -> None:
        async def there() -> bool:
            return [one.seq for one in await sent(redis)] == [1, 2, 3]

        async with engine.begin() as connection:
            await publish_then_age(connection)
        relay = Relay(engine, redis, stream=STREAM, settings=QUICK)
        async with Supervisor().running(relay.worker()):
            await eventually(there)
            await redis.xgroup_create(STREAM, "slow", id="0")
            if not relay_is_new:
                await wipe_after_a_look(relay, redis)
                await eventually(there)
        if relay_is_new:
            await wipe(redis)
            async with Supervisor().running(Relay(engine, redis, stream=STREAM, settings=QUICK).worker()):
                await eventually(there)

    async def test_does_not_go_back_past_what_every_group_has_finished(self, engine: AsyncEngine, redis: Redis) -> None:
        relay = Relay(engine, redis, stream=STREAM, settings=QUICK)
        async with engine.begin() as connection:
            await publish_then_age(connection)
        async with Supervisor().running(relay.worker()):

            async def there() -> bool:
                return len(await sent(redis)) == 3

            await eventually(there)
            await redis.xgroup_create(STREAM, "quick", id="$")
            await wipe_after_a_look(relay, redis)
            async with engine.begin() as connection:
                await publish(connection, "a", Happened(number=4))

            async def only_the_last() -> bool:
                return [one.seq for one in await sent(redis)] == [4]

            await eventually(only_the_last)

    async def test_waits_while_redis_is_away(self, engine: AsyncEngine, own_valkey: Server) -> None:
        redis = bus.connect(own_valkey.url)
        async with Supervisor().running(Relay(engine, redis, stream=STREAM, settings=QUICK).worker()):
            own_valkey.kill()
            async with engine.begin() as connection:
                await publish(connection, "a", Happened(number=1))
            own_valkey.start()

            async def there() -> bool:
                return len(await sent(redis)) == 1

            await eventually(there)
        await redis.aclose()

    async def test_outlives_a_connection_that_can_not_even_take_its_leave(
        self, engine: AsyncEngine, own_valkey: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> None:
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

        monkeypatch.setattr(asyncpg.Connection, "remove_listener", fail)

        await self.test_waits_while_redis_is_away(engine, own_valkey)

    async def test_one_of_two_works_and_the_other_takes_over(self, engine: AsyncEngine, redis: Redis) -> None:
        first = asyncio.create_task(Supervisor().run(Relay(engine, redis, stream=STREAM, settings=QUICK).worker()))
        second = Relay(engine, redis, stream=STREAM, settings=QUICK)
        async with Supervisor().running(second.worker()):
            async with engine.begin() as connection:
                await publish(connection, "a", Happened(number=1))

            async def first_sent() -> bool:
                return await unsent(engine) == 0

            await eventually(first_sent)
            assert len(await sent(redis)) == 1

            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            async with engine.begin() as connection:
                await publish(connection, "a", Happened(number=2))
            await eventually(first_sent)
            assert len(await sent(redis)) == 2


class TestTidy:
    async def test_trims_by_age_but_never_past_an_unread_entry(self, engine: AsyncEngine, redis: Redis) -> None:
        for number in range(300):
            await redis.xadd(STREAM, {"e": b"old"}, id=f"{1000 + number}-0")
        await redis.xgroup_create(STREAM, "slow", id="1149-0")

        async with Supervisor().running(Relay(engine, redis, stream=STREAM, settings=QUICK).worker()):

            async def trimmed() -> bool:
                return (await redis.xlen(STREAM)) < 300

            await eventually(trimmed)
        unread = await bus.read_share(redis, "slow", "me", [STREAM], count=1000, block_ms=1)

        assert [entry[0] for entry in unread[0][1]][:1] == [b"1150-0"]
        assert len(unread[0][1]) == 150

    async def test_forgets_sent_rows_after_their_time_and_keeps_unsent_ones(
        self, engine: AsyncEngine, redis: Redis
    ) -> None:
        async with engine.begin() as connection:
            await publish_all(connection, [("a", Happened(number=number)) for number in range(2)])
            old = {"at": now() - timedelta(days=8)}
            await connection.execute(text("update log set at = :at, sent_at = :at where seq = 1"), old)
        await redis.set(f"{STREAM}.marker", await bus.run_id(redis))
        await redis.xadd(STREAM, {"e": b"x"})

        async with Supervisor().running(Relay(engine, redis, stream=STREAM, settings=QUICK).worker()):

            async def forgotten() -> bool:
                async with engine.connect() as connection:
                    return await connection.scalar(select(func.count()).select_from(tables.log)) == 1

            await eventually(forgotten)
