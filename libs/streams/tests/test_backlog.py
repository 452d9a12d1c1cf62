"""What was just committed is sent from memory only where nothing before it can be missing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.background import Supervisor
from contracts.events import Envelope
from contracts.ids import new_id
from contracts.times import now
from streams import backlog
from streams.backlog import Backlog
from streams.bulk import Logged
from streams.relay import Relay
from testkit.waiting import eventually

from .conftest import QUICK, STREAM, Happened, sent, wipe
from .placed import commit

# No look into the table but when asked, no mark while a test lasts, and no statement under way when it ends: that would
# be cut together with its connection.
IDLE = msgspec.structs.replace(QUICK, poll_seconds=60, mark_seconds=60, tidy_seconds=60)


def row(seq: int, topic: str = "a") -> Logged:
    data = msgspec.Raw(b'{"number":%d}' % seq)
    return Logged(seq, Envelope(id=new_id(), type=Happened.TYPE, topic=topic, seq=seq, at=now(), data=data))


def taken(rows: list[Logged] | None) -> list[tuple[str, int]] | None:
    return None if rows is None else [(one.envelope.topic, one.envelope.seq) for one in rows]


def sent_up_to(seq: int) -> Backlog:
    made = Backlog()
    made.mark_sent([row(seq)])
    return made


class TestBacklog:
    def test_gives_what_follows_what_was_sent(self) -> None:
        known = sent_up_to(4)
        known.enqueue([row(5), row(1, "b"), row(6)])

        assert taken(known.take(10)) == [("a", 5), ("b", 1), ("a", 6)]
        assert taken(known.take(10)) == []

    def test_gives_no_more_at_once_than_asked(self) -> None:
        known = sent_up_to(4)
        known.enqueue([row(5), row(6), row(7)])

        first = known.take(2)
        known.mark_sent(first or [])

        assert taken(first) == [("a", 5), ("a", 6)]
        assert taken(known.take(2)) == [("a", 7)]

    def test_stops_before_a_gap(self) -> None:
        known = sent_up_to(4)
        known.enqueue([row(5), row(7)])

        first = known.take(10)
        known.mark_sent(first or [])

        assert taken(first) == [("a", 5)]
        assert known.take(10) is None

    def test_does_not_know_how_far_a_topic_was_sent_before_it_was_there(self) -> None:
        known = Backlog()
        known.enqueue([row(9)])

        assert known.take(10) is None

    def test_passes_over_what_was_read_and_sent_meanwhile(self) -> None:
        known = sent_up_to(4)
        known.enqueue([row(5), row(6), row(7)])
        known.mark_sent([row(5), row(6)])

        assert taken(known.take(10)) == [("a", 7)]

    def test_gives_up_when_too_much_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "WAITING_MAX", 2)
        known = sent_up_to(4)

        assert known.enqueue([row(5), row(6)])
        assert not known.enqueue([row(7)])
        assert taken(known.take(10)) == []

    def test_forgets_the_oldest_topics(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "TOPICS_MAX", 2)
        known = Backlog()
        known.mark_sent([row(3, "a"), row(3, "b"), row(3, "c")])
        known.enqueue([row(4, "c")])
        assert taken(known.take(10)) == [("c", 4)]

        known.enqueue([row(4, "a")])
        assert known.take(10) is None


@asynccontextmanager
async def leading(engine: AsyncEngine, redis: Redis) -> AsyncGenerator[Relay]:
    """A relay that has looked into the table for the first time, and will not again unless it must."""
    relay = Relay(engine, redis, stream=STREAM, settings=IDLE)

    async def leads() -> bool:
        return relay.leading

    async with Supervisor().running(relay.worker()):
        await eventually(leads)
        [first] = await commit(engine, 0, f"begun {new_id()}")
        relay.enqueue([first])
        await arrived(redis, 1, topic=first.envelope.topic)
        yield relay


async def places(redis: Redis, topic: str = "a") -> list[int]:
    return [one.seq for one in await sent(redis) if one.topic == topic]


async def arrived(redis: Redis, count: int, *, topic: str = "a") -> list[int]:
    """Waits for so many entries in the stream; gives their places."""

    async def there() -> bool:
        return len(await places(redis, topic)) >= count

    await eventually(there)
    return await places(redis, topic)


async def lose_the_lead(engine: AsyncEngine) -> None:
    """As a kill -9 does: the leader's connection is gone, and nothing was marked."""
    leaders = """
        from pg_locks join pg_database on pg_database.oid = pg_locks.database
        where locktype = 'advisory' and datname = current_database()
    """

    async def gone() -> bool:
        async with engine.connect() as connection:
            return await connection.scalar(text(f"select count(*) {leaders}")) == 0

    async with engine.begin() as connection:
        await connection.execute(text(f"select pg_terminate_backend(pid) {leaders}"))
    await eventually(gone)


async def marked(engine: AsyncEngine) -> list[int]:
    query = text("select seq from log where topic = 'a' and sent_at is not null order by seq")
    async with engine.connect() as connection:
        return list(await connection.scalars(query))


class TestRelay:
    async def test_sends_from_memory_and_marks_later(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:
            for number in range(5):
                relay.enqueue(await commit(engine, number))
            assert await arrived(redis, 5) == [1, 2, 3, 4, 5]
            assert await marked(engine) == []

        assert await marked(engine) == [1, 2, 3, 4, 5]

    async def test_marks_in_time_without_being_asked(self, engine: AsyncEngine, redis: Redis) -> None:
        settings = msgspec.structs.replace(IDLE, mark_seconds=0.05)
        relay = Relay(engine, redis, stream=STREAM, settings=settings)
        async with Supervisor().running(relay.worker()):

            async def leads() -> bool:
                return relay.leading

            async def all_marked() -> bool:
                return await marked(engine) == [1]

            await eventually(leads)
            relay.enqueue(await commit(engine, 1))
            await eventually(all_marked)

    async def test_reads_what_others_committed_before(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:
            relay.enqueue(await commit(engine, 1))
            await commit(engine, 2)
            relay.enqueue(await commit(engine, 3))

            assert await arrived(redis, 3) == [1, 2, 3]

    async def test_a_topic_begun_under_another_leader_is_read_first(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:
            relay.enqueue(await commit(engine, 1))
            await arrived(redis, 1)
        async with leading(engine, redis) as relay:
            await commit(engine, 2)
            relay.enqueue(await commit(engine, 3))

            assert await arrived(redis, 3) == [1, 2, 3]

    async def test_sends_again_what_a_wiped_redis_forgot(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:
            relay.enqueue(await commit(engine, 1))
            await arrived(redis, 1)
            await wipe(redis)
            relay.enqueue(await commit(engine, 2))

            async def both_in_order() -> bool:
                return (await places(redis))[-2:] == [1, 2]

            await eventually(both_in_order)

    async def test_what_was_not_marked_before_a_crash_is_sent_again(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:
            relay.enqueue(await commit(engine, 1))
            await arrived(redis, 1)
            await lose_the_lead(engine)
            relay.wake()

            assert await arrived(redis, 2) == [1, 1]

    async def test_one_that_does_not_lead_leaves_it_to_the_one_that_was_notified(
        self, engine: AsyncEngine, redis: Redis
    ) -> None:
        async with leading(engine, redis):
            other = Relay(engine, redis, stream=STREAM, settings=IDLE)
            other.enqueue(await commit(engine, 1, notify=True))

            assert await arrived(redis, 1) == [1]

    async def test_many_at_once_stay_in_order(self, engine: AsyncEngine, redis: Redis) -> None:
        async with leading(engine, redis) as relay:

            async def write(topic: str) -> None:
                for number in range(30):
                    relay.enqueue(await commit(engine, number, topic))

            await asyncio.gather(*(write(f"{n}") for n in range(4)))

            for n in range(4):
                assert await arrived(redis, 30, topic=f"{n}") == list(range(1, 31))
