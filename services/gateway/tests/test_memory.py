"""Somebody who never reads costs the gateway's process nothing, and the others nothing."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from chassis.settings import Secret
from testkit.tokens import private_key
from testkit.waiting import eventually

from .client import Client
from .conftest import free_port
from .raw import Raw
from .services import Person, Services
from .told import message

EVENTS = 20_000
BATCH = 200
TEXT = "x" * 2000
GROWTH_KILOBYTES_MAX = 12_000
"""What the stalled reader would be owed is more than three times this."""

Start = Callable[[], Awaitable["Process"]]


class Process:
    """A gateway in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    def rss_kilobytes(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


@asynccontextmanager
async def serving(environ: dict[str, str]) -> AsyncGenerator[Process]:
    """Until it answers; then for the length of a block."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", env=environ | {"GATEWAY_PORT": str(port)}
    )
    try:
        await eventually(lambda: _accepts(port), seconds=60)
        yield Process(process, port)
    finally:
        process.terminate()
        await process.wait()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.fixture
async def process(services: Services, redis_url: Secret, tmp_path: Path) -> AsyncGenerator[Process]:
    key_file = tmp_path / "gateway.pem"
    key_file.write_text(private_key())
    url = f"http://127.0.0.1:{services.port}"
    environ = os.environ | {
        "REDIS_URL": redis_url.reveal(), "AUTH_URL": url, "MESSAGING_URL": url, "LOG_LEVEL": "warning",
        "GATEWAY_SERVICE_KEY_FILE": str(key_file), "GATEWAY_HELLO_SECONDS": "60",
        "GATEWAY_DRAIN_SOCKETS_SECONDS": "0.05",
    }  # fmt: skip
    async with serving(environ) as process:
        yield process


async def stall(process: Process, services: Services, person: Person) -> Raw:
    """Watch, and never read again."""
    raw = await Raw.open(process.port, limit=1024)
    await raw.upgraded()
    raw.send(1, b'{"op":"hello","token":"%b"}' % person.token.encode())
    await raw.frame()
    raw.send(1, b'{"op":"watch","topics":{"channel:1":null}}')
    await raw.frame()
    raw.stop_reading()
    return raw


async def tell(services: Services, listener: Client, count: int) -> None:
    """Events at the pace of who reads them."""
    for _ in range(count // BATCH):
        await services.tell("channel:1", *(message(TEXT) for _ in range(BATCH)))
        for _ in range(BATCH):
            await listener.hear("event")


class TestAReaderThatNeverReads:
    async def test_leaves_the_memory_of_the_process_as_it_is(self, process: Process, services: Services) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(aiohttp.ClientSession())
            listener = Client(await http.ws_connect(f"http://127.0.0.1:{process.port}/api/v1/realtime"))
            await listener.hello(ada)
            await listener.watch("channel:1")
            await tell(services, listener, EVENTS // 4)
            before = process.rss_kilobytes()

            stalled = await stall(process, services, ada)
            stack.callback(stalled.writer.transport.abort)
            await tell(services, listener, EVENTS)
            grown = process.rss_kilobytes() - before

        assert grown < GROWTH_KILOBYTES_MAX
