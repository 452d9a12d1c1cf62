"""A stage for every test, ways to call it, and the packages of the clients that others wrote."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from discord_sim.gateway.server import GatewaySettings
from discord_sim.stage import Stage, stage
from testkit import npm

from .scripts import INDEPENDENT


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: Any
    headers: dict[str, str]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def scene(clock: Clock) -> AsyncIterator[Stage]:
    """The stage, with time in the test's hands."""
    settings = GatewaySettings(heartbeat_ms=41_250, resume_within_s=60.0)
    async with stage(clock=clock, gateway=settings, redirect_uris=("http://localhost/back",)) as ready:
        yield ready


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def rest(scene: Stage, http: aiohttp.ClientSession) -> Callable[..., Awaitable[Reply]]:
    """Call the API as the bot: `await rest("GET", "/users/@me")`."""

    async def call(method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> Reply:
        headers = {"Authorization": token or f"Bot {scene.bot.token}"}
        url = scene.sim.rest_url + path
        async with http.request(method, url, json=body, headers=headers, **more) as response:
            raw = await response.read()
            return Reply(response.status, msgspec.json.decode(raw) if raw else None, dict(response.headers))

    return call


@pytest.fixture
def control(scene: Stage, http: aiohttp.ClientSession) -> Callable[..., Awaitable[Reply]]:
    """Call the control API: `await control("POST", "say", user_id=…)`."""

    async def call(method: str, path: str, **body: Any) -> Reply:
        async with http.request(method, f"{scene.sim.url}/control/{path}", json=body) as response:
            return Reply(response.status, await response.json(), dict(response.headers))

    return call


@pytest.fixture(scope="session")
def independent() -> Path:
    """The folder of the clients on Node: the proof that the simulator is not our own invention."""
    return npm.installed(INDEPENDENT)
