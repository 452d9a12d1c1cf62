"""A service as its operator sees it: it starts, says what is wrong with its settings, and stops when told."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from chassis import background
from embedded import ports
from testkit.waiting import eventually

PROGRAM = """
import asyncio, os, sys
from contextlib import asynccontextmanager
from litestar import get
from chassis.app import create_app
from chassis.background import Supervisor, Worker
from chassis.cli import Service
from chassis.settings import ServiceSettings

@get("/slow")
async def slow() -> str:
    print("slow is under way", flush=True)
    await asyncio.sleep(0.5)
    return "done"

@asynccontextmanager
async def lifespan(_):
    if "FAIL" in os.environ:
        raise ValueError(os.environ["FAIL"])
    yield

async def step():
    if "BUG" in os.environ:
        raise ValueError(os.environ["BUG"])
    await asyncio.sleep(0.1)

def make(settings):
    supervisor = Supervisor(Worker("steps", step))
    return create_app(
        "try", settings, routes=[slow], checks={}, dependencies={}, lifespan=[lifespan], supervisor=supervisor
    )

Service(name="try", settings=ServiceSettings, create_app=make).main(os.environ, sys.argv[1:])
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


async def start(program: Path, *arguments: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        program,
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


class TestServe:
    async def test_finishes_what_is_under_way_when_told_to_stop(self, program: Path) -> None:
        [port] = ports.choose(1)
        process = await start(program, "serve", TRY_PORT=str(port))
        assert process.stdout is not None
        assert b"service.started" in await process.stdout.readline()

        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

            async def alive() -> bool:
                """It says that it starts just before it listens."""
                with suppress(aiohttp.ClientConnectionError):
                    async with http.get("/livez") as answer:
                        return answer.status == 200
                return False

            await eventually(alive)
            under_way = asyncio.create_task(http.get("/slow"))
            while b"slow is under way" not in await process.stdout.readline():
                pass
            process.send_signal(signal.SIGTERM)
            answer = await under_way
            assert (answer.status, await answer.text()) == (200, "done")

        assert await asyncio.wait_for(process.wait(), 60) == 0

    async def test_says_why_it_cannot_start_and_never_that_it_started(self, program: Path) -> None:
        [port] = ports.choose(1)
        process = await start(program, "serve", TRY_PORT=str(port), FAIL="the key does not fit")
        said, _ = await process.communicate()

        assert process.returncode == 1
        assert b"service.start_failed" in said
        assert b"the key does not fit" in said
        assert b"service.started" not in said

    async def test_ends_with_70_when_a_worker_keeps_failing(self, program: Path) -> None:
        [port] = ports.choose(1)
        process = await start(program, "serve", TRY_PORT=str(port), BUG="the step is wrong")
        said, _ = await process.communicate()

        assert process.returncode == os.EX_SOFTWARE
        assert said.count(b"the step is wrong") >= background.BUGS_MAX
        assert b"exc_type" in said
        assert b"worker.given_up" in said

    async def test_says_what_is_wrong_with_its_settings(self, program: Path) -> None:
        process = await start(program, "serve", TRY_PROT="1")
        _, said = await process.communicate()

        assert process.returncode == 2
        assert b"TRY_PROT: no such setting" in said
        assert b"TRY_PORT: is needed" in said
        assert b"Traceback" not in said

    async def test_explains_its_commands(self, program: Path) -> None:
        process = await start(program, "sreve")
        _, said = await process.communicate()

        assert process.returncode == 2
        assert b"serve | migrate | openapi" in said
