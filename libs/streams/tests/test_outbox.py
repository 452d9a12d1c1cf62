"""Places in a topic have no gap and no repeat, whoever writes and whatever fails."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import log, tables
from streams.outbox import publish, publish_all

from .conftest import Happened


class TestTell:
    async def test_fifty_writers_at_once_leave_no_gap_and_no_repeat(self, engine: AsyncEngine) -> None:
        async def write(number: int) -> list[int]:
            seqs: list[int] = []
            for turn in range(4):
                async with engine.begin() as connection:
                    seqs.append(await publish(connection, "channel:1", Happened(number=number * 10 + turn)))
            return seqs

        told = await asyncio.gather(*(write(number) for number in range(50)))

        assert sorted(seq for seqs in told for seq in seqs) == list(range(1, 201))

    async def test_places_follow_the_order_of_visibility(self, engine: AsyncEngine) -> None:
        async with engine.connect() as slow, engine.connect() as fast:
            await slow.begin()
            await publish(slow, "channel:1", Happened(number=1))
            await fast.begin()
            following = asyncio.create_task(publish(fast, "channel:1", Happened(number=2)))
            _, waiting = await asyncio.wait({following}, timeout=0.2)

            assert waiting, "the second writer must wait for the first"

            await slow.commit()
            assert await following == 2
            await fast.commit()

    async def test_a_rollback_gives_its_place_back(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await publish(connection, "channel:1", Happened(number=1))
            await connection.rollback()

        async with engine.begin() as connection:
            assert await publish(connection, "channel:1", Happened(number=2)) == 1

    async def test_writers_of_several_topics_never_deadlock(self, engine: AsyncEngine) -> None:
        async def write(topics: list[str]) -> None:
            for number in range(30):
                async with engine.begin() as connection:
                    await publish_all(connection, [(topic, Happened(number=number)) for topic in topics])

        async with asyncio.timeout(30):
            await asyncio.gather(write(["a", "b", "c"]), write(["c", "b", "a"]), write(["b", "c", "a"]))

        async with engine.connect() as connection:
            heads = {row.topic: row.seq for row in await connection.execute(select(tables.topic_heads))}
        assert heads == {"a": 90, "b": 90, "c": 90}

    async def test_several_events_of_one_topic_follow_each_other(self, engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            seqs = await publish_all(
                connection, [("a", Happened(number=1)), ("b", Happened(number=2)), ("a", Happened(number=3))]
            )

        assert seqs == [1, 1, 2]


class TestRead:
    async def test_gives_all_that_followed(self, engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await publish_all(connection, [("a", Happened(number=number)) for number in range(5)])
            page = await log.read(connection, "a", after=2, limit=10)

        assert [one.seq for one in page.events] == [3, 4, 5]
        assert (page.seq, page.reset) == (5, False)

    @pytest.mark.parametrize(
        ("after", "limit"), [(0, 4), (9, 10)], ids=["more than the limit", "ahead of the topic's own position"]
    )
    async def test_never_gives_a_part(self, engine: AsyncEngine, after: int, limit: int) -> None:
        async with engine.begin() as connection:
            await publish_all(connection, [("a", Happened(number=number)) for number in range(5)])
            page = await log.read(connection, "a", after=after, limit=limit)

        assert (page.events, page.reset, page.seq) == ((), True, 5)

    async def test_says_reset_when_some_of_it_was_forgotten(self, engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await publish_all(connection, [("a", Happened(number=number)) for number in range(5)])
            await connection.execute(tables.log.delete().where(tables.log.c.seq == 3))
            page = await log.read(connection, "a", after=2, limit=10)

        assert page.reset
