"""Memory per idle socket: one gateway, N sockets that said hello and watch one topic, nothing else.

    python -m bench.idle_sockets [N]        (from the root of the repository; needs `ulimit -n` above 2 N)

The gateway is a process of its own; auth and messaging are a stand-in, Valkey is embedded. Printed is the resident
memory of the gateway before the first socket and with all of them, what that is per socket, and the time until the last
`watched`.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web
from services.gateway.tests.services import Person, Services

from embedded import Server
from embedded.ports import choose
from streams import bus
from testkit.tokens import private_key

AT_ONCE = 200
UPGRADE = (
    b"GET /api/v1/realtime HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Gateway(msgspec.Struct, frozen=True):
    port: int
    pid: int


class Idle(asyncio.Protocol):
    """A client that costs little: says hello, watches, and waits to be told that it does."""

    def __init__(self, frames: bytes) -> None:
        self._frames = frames
        self._heard = b""
        self.watched = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(UPGRADE)  # type: ignore[attr-defined]  asyncio types it too widely

    def data_received(self, data: bytes) -> None:
        if self.watched.done():
            return
        self._heard += data
        if self._frames and b"\r\n\r\n" in self._heard:
            self.transport.write(self._frames)  # type: ignore[attr-defined]  asyncio types it too widely
            self._frames = b""
        if b'"op":"watched"' in self._heard:
            self.watched.set_result(self._heard)
            self._heard = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  as the event loop calls it
        if not self.watched.done():
            self.watched.set_exception(ConnectionError(self._heard[-200:]))


def masked(text: str) -> bytes:
    """A text frame from client to server, masked with zeros."""
    size = len(text)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0x80 | 126]) + size.to_bytes(2, "big")
    return head + bytes(4) + text.encode()


def rss_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def start_gateway(valkey: Server, port: int, services_port: int, sockets: int) -> asyncio.subprocess.Process:
    key_file = valkey.secrets / "gateway.pem"
    key_file.write_text(private_key())
    url = f"http://127.0.0.1:{services_port}"
    environ = os.environ | {
        "REDIS_URL": valkey.url, "AUTH_URL": url, "MESSAGING_URL": url, "GATEWAY_PORT": str(port),
        "GATEWAY_SERVICE_KEY_FILE": str(key_file), "GATEWAY_SOCKETS_MAX": str(sockets), "LOG_LEVEL": "warning",
        "GATEWAY_SOCKETS_PER_USER_MAX": str(sockets), "GATEWAY_HELLO_SECONDS": "60",
        "GATEWAY_PONG_SECONDS": "3600",
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", "serve", env=environ)


async def connect(port: int, ada: Person, *, topic: str = "channel:1", seconds: float = 0) -> Idle:
    """A socket that watches; for `seconds` a gateway that is still starting is waited for."""
    frames = masked(f'{{"op":"hello","token":"{ada.token}"}}') + masked(f'{{"op":"watch","topics":{{"{topic}":null}}}}')
    until = time.monotonic() + seconds
    while True:
        try:
            _, idle = await asyncio.get_running_loop().create_connection(lambda: Idle(frames), "127.0.0.1", port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            await idle.watched
            return idle


@asynccontextmanager
async def one_gateway(sockets: int, valkey: Server) -> AsyncGenerator[tuple[Services, Gateway]]:
    """A gateway that is still starting, and what it asks."""
    redis = bus.connect(valkey.url)
    services = Services(redis)
    runner = web.AppRunner(services.app(), access_log=None)
    await runner.setup()
    services.port, port = choose(2)
    await web.TCPSite(runner, "127.0.0.1", services.port).start()
    process = await start_gateway(valkey, port, services.port, sockets)
    try:
        yield services, Gateway(port, process.pid)
    finally:
        process.terminate()
        await process.wait()
        await runner.cleanup()
        await redis.aclose()


async def measure(sockets: int, valkey: Server) -> None:
    async with one_gateway(sockets, valkey) as (services, gateway):
        ada = services.person(seconds=3600)
        services.open("channel:1", ada)
        first = await connect(gateway.port, ada, seconds=60)
        before, began = rss_kilobytes(gateway.pid), time.perf_counter()
        crowd = [first]
        while len(crowd) < sockets:
            count = min(AT_ONCE, sockets - len(crowd))
            crowd += await asyncio.gather(*(connect(gateway.port, ada) for _ in range(count)))
        seconds = time.perf_counter() - began
        after = rss_kilobytes(gateway.pid)
        each = (after - before) / (sockets - 1)
        print(f"{sockets} sockets in {seconds:.1f} s; {before / 1024:.0f} MB before, {after / 1024:.0f} MB with them")
        print(f"{each:.1f} kB per idle socket; asked the log {len(services.log_calls)} times")


def run(measure: Callable[[int, Server], Coroutine[Any, Any, None]], *, sockets: int) -> None:
    """With as many sockets as were asked for, and as many open files as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        valkey = Server("valkey", Path(folder))
        valkey.start()
        try:
            uvloop.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else sockets, valkey))
        finally:
            valkey.close()


if __name__ == "__main__":
    run(measure, sockets=10_000)
