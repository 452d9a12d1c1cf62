"""Calls to other services end in time, and stop for a while when the other does not answer."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web

from chassis.http import ServiceClient
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
async def client(other: Other) -> AsyncGenerator[ServiceClient]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as http:
        yield ServiceClient(http, "other", f"http://127.0.0.1:{port}", seconds=0.3)
    other.released.set()
    await runner.cleanup()


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

    async def test_does_not_wait_for_ever(self, client: ServiceClient, other: Other) -> None:
        other.hangs = True

        async with asyncio.timeout(2):
            with pytest.raises(Unavailable):
                await client.ask("GET", "/x")

    async def test_leaves_a_failing_service_alone_for_a_while(self, client: ServiceClient, other: Other) -> None:
        other.status = 500

        for _ in range(20):
            with pytest.raises(Unavailable):
                await client.ask("GET", "/x")

        assert other.calls == 5
