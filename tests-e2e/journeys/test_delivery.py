"""Two people talk, and not a word is lost or repeated, whatever is killed, paused or wiped meanwhile."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest

from contracts.messaging import Message
from streams import bus
from testkit.client import Listener, Person, Refused
from testkit.runs import Run
from testkit.waiting import running

WORDS = 1_000
WRITERS = 8

Meanwhile = Callable[[int], Awaitable[None]]


class Table(msgspec.Struct):
    """Ann and Bob in one channel, Bob listening."""

    ann: Person
    bob: Person
    channel_id: str
    listener: Listener


@pytest.fixture
async def table(run: Run, http: aiohttp.ClientSession) -> AsyncGenerator[Table]:
    ann = await Person.register(http, run.url, "Ann")
    bob = await Person.register(http, run.url, "Bob")
    space, channel_id = await ann.make_space("The table")
    await bob.accept(await ann.invite(space))
    listener = Listener(bob, {f"channel:{channel_id}": 0})
    async with running(listener.run()):
        await asyncio.wait_for(listener.watching.wait(), 30)
        yield Table(ann, bob, channel_id, listener)


async def talk(table: Table, words: int, *, meanwhile: Meanwhile | None = None) -> list[Message]:
    """Ann says `words` messages, some at the same time; gives what was acknowledged. `meanwhile` hears the count."""
    said: list[Message] = []
    numbers = iter(range(words))

    async def write() -> None:
        for number in numbers:
            said.append(await table.ann.say(table.channel_id, f"word {number}", nonce=f"{table.channel_id}-{number}"))
            if meanwhile is not None:
                await meanwhile(len(said))

    async with asyncio.TaskGroup() as writers:
        for _ in range(WRITERS):
            writers.create_task(write())
    return said


async def assert_all_heard(table: Table, said: list[Message]) -> None:
    """Every acknowledged word was heard exactly once, in the order of its place."""
    await table.listener.until(lambda: len(table.listener.events) >= len(said), seconds=120)
    heard = [frame["seq"] for frame in table.listener.events]
    assert heard == list(range(1, len(said) + 1))
    assert {frame["data"]["id"] for frame in table.listener.events} == {str(message.id) for message in said}


@asynccontextmanager
async def redis_of(run: Run) -> AsyncGenerator[Any]:
    async with AsyncExitStack() as stack:
        redis = bus.connect(run.redis_url)
        stack.push_async_callback(redis.aclose)
        yield redis


class TestDelivery:
    async def test_no_word_is_lost_or_repeated_when_parts_are_killed_in_turn(self, run: Run, table: Table) -> None:
        to_kill = {200: "gateway", 400: "messaging", 600: "valkey", 800: "gateway"}

        async def kill_in_turn(said: int) -> None:
            if program := to_kill.pop(said, None):
                run.kill(program)

        said = await talk(table, WORDS, meanwhile=kill_in_turn)

        assert not to_kill
        await assert_all_heard(table, said)
        assert table.listener.closes, "the listener must have lost its connection"

    async def test_a_repeated_nonce_is_one_word_even_after_the_service_was_killed(self, run: Run, table: Table) -> None:
        first = await table.ann.say(table.channel_id, "once", nonce="n-1")
        run.kill("messaging")
        again = await table.ann.say(table.channel_id, "once", nonce="n-1")

        with pytest.raises(Refused) as refused:
            await table.ann.say(table.channel_id, "something else", nonce="n-1")

        assert again.id == first.id
        assert (refused.value.status, refused.value.code) == (409, "nonce_reused")

    async def test_posting_goes_on_for_30_s_without_redis(self, run: Run, table: Table) -> None:
        said: list[Message] = []
        slowest = 0.0
        body = {"content": "still here"}
        with run.paused("valkey"):
            until = time.monotonic() + 30
            while time.monotonic() < until:
                started = time.monotonic()
                answer = await table.ann.call("POST", f"/api/v1/channels/{table.channel_id}/messages", body)
                said.append(msgspec.convert(answer, Message))
                slowest = max(slowest, time.monotonic() - started)
                await asyncio.sleep(0.2)

        await assert_all_heard(table, said)
        assert slowest < 5

    async def test_nothing_is_lost_when_redis_is_wiped(self, run: Run, table: Table) -> None:
        async def wipe_twice(said: int) -> None:
            if said in {50, 120}:
                async with redis_of(run) as redis:
                    await redis.flushall()

        said = await talk(table, 200, meanwhile=wipe_twice)

        await assert_all_heard(table, said)

    async def test_a_late_comer_resumes_from_where_they_were(self, table: Table) -> None:
        said = await talk(table, 50)
        late = Listener(table.bob, {f"channel:{table.channel_id}": 20})

        async with running(late.run()):
            await late.until(lambda: len(late.events) >= 30)

        assert [frame["seq"] for frame in late.events] == list(range(21, len(said) + 1))
