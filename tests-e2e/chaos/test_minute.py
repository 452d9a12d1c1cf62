"""A minute of bad luck under load: two gateways, two copies of messaging, and everything fails in turn."""

import asyncio
import random
import shutil
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from testkit import folders
from testkit.balancer import Balancer
from testkit.client import Listener, Person
from testkit.copies import Copy, seed_from
from testkit.runs import Run
from testkit.waiting import running

SECONDS = 60
WRITERS = 4
LISTENERS = 4
PAUSE_SECONDS = 2.0
CALM_SECONDS = 4.0

Mishap = Callable[[], Awaitable[None]]


class System:
    """The run, its further copies behind balancers, and what can happen to them."""

    def __init__(self, run: Run, copies: list[Copy], url: str) -> None:
        self.run = run
        self.url = url
        self.mishaps: dict[str, Mishap] = {
            "kill -9 valkey": self._kill("valkey"),
            "kill -9 postgres": self._kill("postgres"),
        }
        for number, copy in enumerate(copies):
            self.mishaps[f"kill -9 {copy.name} {number}"] = self._kill_copy(copy)
            self.mishaps[f"pause {copy.name} {number}"] = self._pause(copy)

    def _kill(self, program: str) -> Mishap:
        async def kill() -> None:
            self.run.kill(program)

        return kill

    def _kill_copy(self, copy: Copy) -> Mishap:
        async def kill() -> None:
            await asyncio.to_thread(copy.kill_and_start)

        return kill

    def _pause(self, copy: Copy) -> Mishap:
        async def pause() -> None:
            copy.signal(signal.SIGSTOP)
            await asyncio.sleep(PAUSE_SECONDS)
            copy.signal(signal.SIGCONT)

        return pause


@asynccontextmanager
async def two_of_each(run: Run) -> AsyncGenerator[System]:
    async with AsyncExitStack() as stack:
        messaging = [Copy(run, "messaging") for _ in range(2)]
        behind = await stack.enter_async_context(Balancer([copy.port for copy in messaging]).open())
        gateways = [Copy(run, "gateway", MESSAGING_URL=behind.url) for _ in range(2)]
        front = await stack.enter_async_context(Balancer([copy.port for copy in gateways]).open())
        for copy in [*messaging, *gateways]:
            stack.callback(copy.stop)
            copy.start()
        await behind.until_all_answer()
        await front.until_all_answer()
        yield System(run, [*messaging, *gateways], front.url)


@pytest.fixture
async def system() -> AsyncGenerator[System]:
    folder = folders.make()
    run = Run(folder)
    await asyncio.to_thread(run.start)
    async with two_of_each(run) as made:
        yield made
    await asyncio.to_thread(run.end)
    shutil.rmtree(folder, ignore_errors=True)


class TestAMinuteOfBadLuck:
    @pytest.mark.timeout(600)
    async def test_no_acknowledged_word_is_lost_repeated_or_out_of_order(self, system: System) -> None:
        seed = seed_from()
        luck = random.Random(seed)
        print(f"CHAOS_SEED={seed}")
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as http, AsyncExitStack() as stack:
            ann = await Person.register(http, system.url, "Ann")
            _, channel_id = await ann.make_space("Storm")
            listeners = [Listener(ann, {f"channel:{channel_id}": 0}) for _ in range(LISTENERS)]
            for listener in listeners:
                await stack.enter_async_context(running(listener.run()))
            until = time.monotonic() + SECONDS
            said: list[str] = []

            async def write() -> None:
                while time.monotonic() < until:
                    said.append(str((await ann.say(channel_id, f"word {len(said)}")).id))
                    await asyncio.sleep(0.02)

            async with asyncio.TaskGroup() as tasks:
                for _ in range(WRITERS):
                    tasks.create_task(write())
                await self._befall(system, luck, until)

            for listener in listeners:
                await listener.until(lambda each=listener: len(each.events) >= len(said), seconds=120)
                assert [frame["seq"] for frame in listener.events] == list(range(1, len(said) + 1))
                assert {frame["data"]["id"] for frame in listener.events} == set(said)
            assert len(said) > SECONDS, "there was hardly any load"

    async def _befall(self, system: System, luck: random.Random, until: float) -> None:
        """Every mishap once, in an order of luck's choosing, then more of them until the time is over."""
        names = luck.sample(sorted(system.mishaps), len(system.mishaps))
        while time.monotonic() < until - CALM_SECONDS:
            name = names.pop() if names else luck.choice(sorted(system.mishaps))
            print(f"{until - time.monotonic():5.1f} s left: {name}")
            await system.mishaps[name]()
            await asyncio.sleep(luck.uniform(0.5, CALM_SECONDS))
