"""Events told by a statement that claims their places itself."""

import asyncio
from collections import Counter

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import log
from streams.bulk import EventBatch, Logged

from .placed import Placed, write


def letters_for(topics: list[str], *, text: str = "") -> EventBatch:
    """One event for each, in this order."""
    batch = EventBatch(Counter(topics))
    for number, topic in enumerate(topics):
        place = batch.next_seq(topic)
        batch.publish(place, Placed(number=number), embedded=place, trace=text)
    return batch


def told(rows: list[Logged]) -> list[tuple[str, int, int, int]]:
    """Topic and place, the place that the data name, and the number."""
    placed = [(row.envelope, msgspec.json.decode(row.envelope.data, type=Placed)) for row in rows]
    return [(envelope.topic, envelope.seq, data.seq, data.number) for envelope, data in placed]


class TestLetters:
    async def test_have_their_places_in_the_order_told(self, engine: AsyncEngine) -> None:
        first = await write(engine, letters_for(["a", "b", "a", "a"]))
        second = await write(engine, letters_for(["b", "a"]))

        assert told(first) == [("a", 1, 1, 0), ("b", 1, 1, 1), ("a", 2, 2, 2), ("a", 3, 3, 3)]
        assert told(second) == [("b", 2, 2, 0), ("a", 4, 4, 1)]

    async def test_stand_in_the_log_as_they_were_given_back(self, engine: AsyncEngine) -> None:
        rows = await write(engine, letters_for(["a", "b", "a"], text="00-1-1-01"))

        async with engine.connect() as connection:
            page = await log.read(connection, "a", after=0, limit=10)

        assert list(page.events) == [row.envelope for row in rows if row.envelope.topic == "a"]
        assert [row.position for row in rows] == sorted(row.position for row in rows)

    async def test_may_name_the_place_of_another(self, engine: AsyncEngine) -> None:
        await write(engine, letters_for(["message"] * 7))
        batch = EventBatch({"message": 2, "person": 1})
        batch.publish(first := batch.next_seq("message"), Placed(number=1), embedded=first, trace="")
        batch.publish(batch.next_seq("person"), Placed(number=2), embedded=first, trace="")
        batch.publish(second := batch.next_seq("message"), Placed(number=3), embedded=second, trace="")

        assert told(await write(engine, batch)) == [("message", 8, 8, 1), ("person", 1, 8, 2), ("message", 9, 9, 3)]

    async def test_are_told_only_provided_that_something_holds(self, engine: AsyncEngine) -> None:
        at_two = "(select seq from topic_heads where topic = 'b') = 2"
        await write(engine, letters_for(["a", "b"]))

        assert await write(engine, letters_for(["a", "a"]), provided=at_two) == []
        await write(engine, letters_for(["b"]))

        assert told(await write(engine, letters_for(["a"]), provided=at_two)) == [("a", 2, 2, 0)]

    async def test_fifty_writers_at_once_leave_no_gap_and_no_repeat(self, engine: AsyncEngine) -> None:
        topics = ["a", "b", "c"]

        async def writer(turn: int) -> list[Logged]:
            return await write(engine, letters_for(topics if turn % 2 else topics[::-1]))

        rows = [row for rows in await asyncio.gather(*(writer(turn) for turn in range(50))) for row in rows]

        for topic in topics:
            assert sorted(row.envelope.seq for row in rows if row.envelope.topic == topic) == list(range(1, 51))
