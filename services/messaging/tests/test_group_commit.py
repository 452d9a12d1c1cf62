"""Group commit, looked at from below HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.settings import Secret
from contracts.ids import ChannelId
from contracts.messaging import Message
from contracts.problems import Unavailable
from messaging.domain.content import Draft, Post
from messaging.routes.group_commit import GroupCommitter
from messaging.settings import Settings
from streams import bus
from streams.relay import Relay
from testkit.waiting import running

from .people import Person, Place


def limits(**changes: Any) -> Settings:
    given: dict[str, Any] = {"database_url": Secret(""), "redis_url": Secret(""), "auth_url": ""} | changes
    return Settings(**given)


@asynccontextmanager
async def committer(engine: AsyncEngine, **changes: Any) -> AsyncGenerator[GroupCommitter]:
    """Not yet at work."""
    redis = bus.connect("redis://127.0.0.1:1")
    yield GroupCommitter(engine, Relay(engine, redis, stream="none"), limits=limits(**changes))
    await redis.aclose()


async def transactions(engine: AsyncEngine, place: Place) -> int:
    async with engine.connect() as connection:
        count = text("select count(distinct xmin::text) from messages where channel_id = :channel")
        return await connection.scalar(count, {"channel": place.channel_id}) or 0


def posts(person: Person, place: Place, count: int, **draft: Any) -> list[Post]:
    channel_id = msgspec.convert(place.channel_id, ChannelId)
    return [Post(channel_id, person.id, Draft(content=f"{n}", **draft)) for n in range(count)]


class TestGroupCommitter:
    async def test_takes_what_waits_in_one_transaction_in_the_order_of_arrival(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        async with committer(engine) as group:
            waiting = asyncio.gather(*(group.post(post) for post in posts(ann, place, 40)))
            await asyncio.sleep(0)
            async with running(group.run()):
                said = [msgspec.json.decode(one.data, type=Message) for one in await waiting]

        assert [one.content for one in said] == [f"{n}" for n in range(40)]
        assert [one.seq for one in said] == list(range(1, 41))
        assert await transactions(engine, place) == 1

    async def test_takes_no_more_at_once_than_it_may(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        async with committer(engine, posts_per_commit_max=10) as group:
            waiting = asyncio.gather(*(group.post(post) for post in posts(ann, place, 40)))
            await asyncio.sleep(0)
            async with running(group.run()):
                await waiting

        assert await transactions(engine, place) == 4

    async def test_refuses_when_too_many_wait(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        async with committer(engine, posts_waiting_max=2) as group:
            waiting = [asyncio.ensure_future(group.post(post)) for post in posts(ann, place, 2)]
            await asyncio.sleep(0)

            with pytest.raises(Unavailable):
                await group.post(posts(ann, place, 1)[0])

            async with running(group.run()):
                await asyncio.gather(*waiting)

    async def test_forgets_who_went_away_while_waiting(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        async with committer(engine) as group:
            waiting = [asyncio.ensure_future(group.post(post)) for post in posts(ann, place, 2)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            async with running(group.run()):
                await waiting[1]

        assert await ann.contents(place.channel_id) == ["1"]

    async def test_posts_again_what_was_cancelled_with_the_same_nonce(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        async with committer(engine) as group:
            [post] = posts(ann, place, 1, nonce="n")
            cancelled, again = (asyncio.ensure_future(group.post(post)) for _ in range(2))
            await asyncio.sleep(0)
            cancelled.cancel()
            async with running(group.run()), asyncio.timeout(10):
                said = await again

        assert not said.repeated
        assert await ann.contents(place.channel_id) == ["0"]
