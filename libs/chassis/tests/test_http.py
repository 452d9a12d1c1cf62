"""Calls to other services end in time, and stop for a while when the other does not answer."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web

from chassis.http import ServiceClient
from chassis.service_tokens import KeysOfAuth
from contracts.problems import Unavailable


class Other:
    """A service that answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.hangs = False
        self.released = asyncio.Event()
        self.calls = 0
        self.headers: dict[str, str] = {}

    async def answer(self, request: web.Request) -> web.Response:
        self.calls += 1
        self.headers = dict(request.headers)
        if self.hangs:
            await self.released.wait()
        return web.json_response({"ok": True}, status=self.status)


@pytest.fixture
async def other() -> Other:
    return Other()


@pytest.fixture
async def url(other: Other) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    other.released.set()
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(http: aiohttp.ClientSession, url: str) -> ServiceClient:
    return ServiceClient(http, "other", url, seconds=20)


class TestServiceClient:
    async def test_gives_the_answer(self, client: ServiceClient) -> None:
        answer = await client.ask("GET", "/x")

        assert answer.decode(dict[str, bool]) == {"ok": True}

    async def test_sends_headers_of_the_call(self, client: ServiceClient, other: Other) -> None:
        await client.ask("POST", "/x", body={}, headers={"Idempotency-Key": "7"})

        assert other.headers["Idempotency-Key"] == "7"
        assert other.headers["Content-Type"] == "application/json"

    async def test_gives_refusals_to_whoever_asked(self, client: ServiceClient, other: Other) -> None:
        other.status = 404

        assert (await client.ask("GET", "/x")).status == 404

    async def test_does_not_wait_for_ever(self, http: aiohttp.ClientSession, url: str, other: Other) -> None:
        other.hangs = True
        hasty = ServiceClient(http, "other", url, seconds=0.1)

        async with asyncio.timeout(20):
            with pytest.raises(Unavailable):
                await hasty.ask("GET", "/x")

    async def test_leaves_a_failing_service_alone_for_a_while(self, client: ServiceClient, other: Other) -> None:
        other.status = 500

        for _ in range(20):
            with pytest.raises(Unavailable):
                await client.ask("GET", "/x")

        assert other.calls == 5


class TestKeysOfAuth:
    async def test_are_missing_when_auth_refuses(self, http: aiohttp.ClientSession, url: str, other: Other) -> None:
        other.status = 404

        with pytest.raises(Unavailable, match="no keys"):
            await KeysOfAuth(http, url)()
