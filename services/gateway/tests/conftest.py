"""The whole gateway on a port of its own, real Valkey, and stand-ins where the real services would make it heavy."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import uvloop
from aiohttp import web
from litestar import Litestar

from chassis.settings import Secret
from gateway.app import create_app
from gateway.parts import Parts
from gateway.server import make_server, parts_of
from gateway.settings import Settings
from streams import bus
from testkit.tokens import private_key

from .client import Client, Socket
from .raw import OpenRaw, Raw
from .services import Person, Services

StartGateway = Callable[..., Awaitable["Gateway"]]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the gateway runs on."""
    return {"uvloop": uvloop.new_event_loop}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return cast("tuple[str, int]", one.getsockname())[1]


class Gateway:
    """A running gateway, and a way to talk to it."""

    def __init__(self, app: Litestar, settings: Settings, http: aiohttp.ClientSession) -> None:
        self.app = app
        self.settings = settings
        self.http = http
        self.url = f"http://127.0.0.1:{settings.port}"

    @property
    def parts(self) -> Parts:
        return parts_of(self.app)

    async def connect(self, path: str = "/api/v1/realtime", **options: Any) -> Client:
        connecting = cast("Awaitable[Socket]", self.http.ws_connect(self.url + path, max_msg_size=0, **options))
        return Client(await connecting)

    async def client(self, person: Person) -> Client:
        client = await self.connect()
        await client.hello(person)
        return client


@pytest.fixture
async def services(redis_url: Secret) -> AsyncGenerator[Services]:
    redis = bus.connect(redis_url.reveal())
    services = Services(redis)
    runner = web.AppRunner(services.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    services.port = free_port()
    await web.TCPSite(runner, "127.0.0.1", services.port).start()
    yield services
    services.post_server.stop()
    await runner.cleanup()
    await redis.aclose()


@pytest.fixture
async def start_gateway(services: Services, redis_url: Secret, tmp_path: Path) -> AsyncGenerator[StartGateway]:
    """`gateway = await start_gateway(hello_seconds=1)`: a gateway of its own with these settings."""
    key_file = tmp_path / "gateway.pem"
    key_file.write_text(private_key())
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Gateway:
            url = f"http://127.0.0.1:{services.port}"
            given: dict[str, Any] = {
                "port": free_port(), "redis_url": redis_url, "auth_url": url, "messaging_url": url, "media_url": url,
                "service_key_file": str(key_file), "drain_sockets_seconds": 0.05, "close_seconds": 0.5,
            }  # fmt: skip
            settings = Settings(**given | changes)
            app = create_app(settings)
            server = make_server(app, settings)
            serving = asyncio.create_task(server.serve())

            async def stop() -> None:
                await parts_of(app).hub.drain()
                server.should_exit = True
                await serving

            while not server.started:
                assert not serving.done(), serving.result()
                await asyncio.sleep(0.005)
            http = await stack.enter_async_context(
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0),
                    headers={"Accept-Encoding": "identity"},
                    auto_decompress=False,
                )
            )
            stack.push_async_callback(stop)
            return Gateway(app, settings, http)

        yield start


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway()


@pytest.fixture
async def open_raw() -> AsyncGenerator[OpenRaw]:
    """`raw = await open_raw(gateway)`: a client that is closed when the test ends."""
    opened: list[Raw] = []

    async def open_raw(gateway: Gateway, **options: Any) -> Raw:
        opened.append(await Raw.open(gateway.settings.port, **options))
        return opened[-1]

    yield open_raw
    for raw in opened:
        raw.writer.transport.abort()
