"""A projection ends where the last event of each row left it, in whatever order two copies hear of them."""

import asyncio
import random

import msgspec
import pytest
from sqlalchemy import Column, MetaData, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import Envelope, Event
from contracts.ids import new_id
from contracts.times import now
from streams import tables
from streams.consumer import once
from streams.projection import Projection, in_any_order, whole_topic
from testkit.shuffled import apply_shuffled

metadata = MetaData()
members = Table(
    "members",
    metadata,
    Column("space", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("role", Text),
)


class Updated(Event, frozen=True, kw_only=True):
    """A member has a role."""

    TYPE = "try.member_updated.v1"
    user: str
    role: str


class Left(Event, frozen=True, kw_only=True):
    """A member left."""

    TYPE = "try.member_left.v1"
    user: str


class Deleted(Event, frozen=True, kw_only=True):
    """The space is gone."""

    TYPE = "try.space_deleted.v1"


projection = Projection()


@projection.on(Updated, row=lambda event: event.user)
async def keep(connection: AsyncConnection, event: Updated) -> None:
    row = insert(members).values(space="a", user=event.user, role=event.role)
    await connection.execute(row.on_conflict_do_update(index_elements=["space", "user"], set_={"role": event.role}))


@projection.on(Left, row=lambda event: event.user)
async def remove(connection: AsyncConnection, event: Left) -> None:
    await connection.execute(delete(members).where(members.c.user == event.user))


@projection.on(Deleted, row=whole_topic)
async def remove_all(connection: AsyncConnection, _: Deleted) -> None:
    await connection.execute(delete(members))


def told(*events: Event) -> list[Envelope]:
    return [
        Envelope(id=new_id(), type=one.TYPE, topic="a", seq=seq, at=now(), data=msgspec.Raw(msgspec.json.encode(one)))
        for seq, one in enumerate(events, start=1)
    ]


@pytest.fixture
async def kept(engine: AsyncEngine) -> AsyncEngine:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return engine


async def known(engine: AsyncEngine) -> dict[str, str]:
    async with engine.connect() as connection:
        rows = await connection.execute(select(members.c.user, members.c.role))
        return {row.user: row.role for row in rows}


class TestAProjection:
    @pytest.mark.parametrize("seed", range(5))
    async def test_ends_as_in_order_when_two_copies_hear_a_shuffled_backlog(self, kept: AsyncEngine, seed: int) -> None:
        chance = random.Random(seed)
        people = ["ann", "bob", "eve"]
        history: list[Event] = []
        expected: dict[str, str] = {}
        for number in range(40):
            user = chance.choice(people)
            if chance.random() < 0.3:
                history.append(Left(user=user))
                expected.pop(user, None)
            else:
                history.append(Updated(user=user, role=f"{number}"))
                expected[user] = f"{number}"

        await apply_shuffled(once(kept, reader="copies", projection=projection), told(*history), seed=seed)

        assert await known(kept) == expected

    async def test_a_late_update_does_not_bring_back_who_left(self, kept: AsyncEngine) -> None:
        updated, left = told(Updated(user="ann", role="admin"), Left(user="ann"))
        effect = once(kept, reader="copies", projection=projection)

        await effect(left)
        await effect(updated)

        assert await known(kept) == {}

    async def test_nothing_comes_back_after_the_end_of_the_whole_topic(self, kept: AsyncEngine) -> None:
        history = told(*[Updated(user=f"{number}", role="member") for number in range(20)], Deleted())

        await apply_shuffled(once(kept, reader="copies", projection=projection), history, seed=1)

        assert await known(kept) == {}

    async def test_readers_do_not_count_for_each_other(self, kept: AsyncEngine) -> None:
        first, second = told(Updated(user="ann", role="old"), Updated(user="ann", role="new"))
        await once(kept, reader="one", projection=projection)(second)

        await once(kept, reader="two", projection=projection)(first)

        assert await known(kept) == {"ann": "old"}

    async def test_events_in_any_order_are_all_applied_and_nothing_is_kept_of_them(self, engine: AsyncEngine) -> None:
        counting, counted = Projection(), list[str]()

        @counting.on(Updated, row=in_any_order)
        async def count(_: AsyncConnection, event: Updated) -> None:
            counted.append(event.role)

        effect = once(engine, reader="counting", projection=counting)
        for envelope in reversed(told(Updated(user="ann", role="1"), Updated(user="ann", role="2"))):
            await effect(envelope)

        assert counted == ["2", "1"]
        async with engine.connect() as connection:
            assert (await connection.execute(select(tables.applied))).all() == []

    def test_has_one_handler_for_each_event(self) -> None:
        twice = Projection()
        twice.on(Left, row=in_any_order)(remove)

        with pytest.raises(ValueError, match="already"):
            twice.on(Left, row=in_any_order)(remove)


async def test_two_copies_of_one_event_wait_for_each_other(kept: AsyncEngine) -> None:
    [event] = told(Updated(user="ann", role="member"))
    effect = once(kept, reader="copies", projection=projection)

    await asyncio.gather(effect(event), effect(event))

    assert await known(kept) == {"ann": "member"}
