"""Whatever a background step of a service raises: ready again within seconds, nothing lost, and the log says why."""

import asyncio
import random
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from testkit import folders
from testkit.client import Listener, Person
from testkit.copies import Copy, seed_from
from testkit.faulty import FAULTS
from testkit.runs import Run
from testkit.waiting import eventually, running

SERVICES = ("auth", "messaging", "media", "gateway")
READY_SECONDS_MAX = 10


class System:
    """A run, and a copy of each service whose steps can be made to fail."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.folders = {name: folder / name for name in SERVICES}
        self.copies: dict[str, Copy] = {}
        addresses: dict[str, str] = {}
        for name in SERVICES:
            self.folders[name].mkdir(parents=True)
            copy = Copy(run, name, faulty=True, FAULTS_FOLDER=str(self.folders[name]), **addresses)
            self.copies[name] = copy
            addresses[f"{name.upper()}_URL"] = f"http://127.0.0.1:{copy.port}"

    async def health(self, http: aiohttp.ClientSession, name: str) -> tuple[int, dict[str, str]]:
        try:
            async with http.get(f"http://127.0.0.1:{self.copies[name].port}/readyz") as answer:
                body: dict[str, Any] = await answer.json()
                return answer.status, body["checks"]
        except aiohttp.ClientError:
            return 0, {}

    async def until_ready(self, http: aiohttp.ClientSession, *, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            for name in SERVICES:

                async def ready(name: str = name) -> bool:
                    return (await self.health(http, name))[0] == 200

                await eventually(ready)

    async def throw(self, http: aiohttp.ClientSession, luck: random.Random) -> dict[tuple[str, str], str]:
        """Into the next step of every worker of every service; gives those that took it."""
        thrown: dict[tuple[str, str], str] = {}
        for name in SERVICES:
            _, checks = await self.health(http, name)
            for check in checks:
                if check.startswith("worker "):
                    worker = check.removeprefix("worker ")
                    thrown[name, worker] = luck.choice(sorted(FAULTS))
                    (self.folders[name] / worker).write_text(thrown[name, worker])
        await asyncio.sleep(3)  # what steps by itself has done so; what waits for work it does not have keeps its fault
        return {(name, worker): fault for (name, worker), fault in thrown.items() if self._took(name, worker)}

    def _took(self, name: str, worker: str) -> bool:
        path = self.folders[name] / worker
        was_left = path.exists()
        path.unlink(missing_ok=True)
        return not was_left


@pytest.fixture
async def system() -> AsyncGenerator[System]:
    folder = folders.make()
    run = Run(folder)
    await asyncio.to_thread(run.start)
    made = System(run, folder / "faults")
    for copy in made.copies.values():
        copy.start()
    yield made
    for copy in made.copies.values():
        await asyncio.to_thread(copy.stop)
    await asyncio.to_thread(run.end)
    shutil.rmtree(folder, ignore_errors=True)


class TestAFaultInAnyStep:
    @pytest.mark.timeout(600)
    async def test_leaves_everything_ready_within_ten_seconds_and_nothing_lost(self, system: System) -> None:
        luck = random.Random(seed := seed_from())
        print(f"CHAOS_SEED={seed}")
        said: list[str] = []
        stopped = asyncio.Event()
        async with aiohttp.ClientSession() as http:
            await system.until_ready(http, seconds=120)
            url = f"http://127.0.0.1:{system.copies['gateway'].port}"
            ann = await Person.register(http, url, "Ann")
            _, channel_id = await ann.make_space("Storm")
            listener = Listener(ann, {f"channel:{channel_id}": 0})

            async def write() -> None:
                while not stopped.is_set():
                    said.append(str((await ann.say(channel_id, f"word {len(said)}")).id))
                    await asyncio.sleep(0.02)

            async with running(listener.run()), asyncio.TaskGroup() as tasks:
                tasks.create_task(write())
                took: dict[tuple[str, str], str] = {}
                for _ in range(3):
                    took |= await system.throw(http, luck)
                    await system.until_ready(http, seconds=READY_SECONDS_MAX)
                stopped.set()
                await listener.until(lambda: len(listener.events) >= len(said), seconds=60)

        assert {name for name, _ in took} == set(SERVICES)
        assert [frame["data"]["id"] for frame in listener.events] == said
        for name, worker in took:
            assert f'"worker":"{worker}"' in system.copies[name].log
            assert "thrown on purpose" in system.copies[name].log
