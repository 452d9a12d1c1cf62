"""Discord, the services and Redis around a bot that was started as its program starts it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.settings import Secret
from control_bot.app import create_app
from control_bot.settings import Settings
from discord_sim.people import Person
from discord_sim.stage import Stage, stage
from testkit.serving import serving
from testkit.tokens import private_key

from .stand_in import StandIn

StartBot = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def service_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By which the bot proves itself to auth."""
    file = tmp_path_factory.mktemp("keys") / "control-bot.pem"
    file.write_text(private_key())
    return file


@pytest.fixture
async def scene() -> AsyncGenerator[Stage]:
    """Discord."""
    async with stage() as ready:
        yield ready


@pytest.fixture
async def services() -> AsyncGenerator[StandIn]:
    """media, messaging and auth."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
def start_bot(scene: Stage, services: StandIn, redis_url: Secret, service_key: Path) -> StartBot:
    """`async with start_bot(panel_seconds_min=0.1) as client`: connected, its own HTTP side in hand."""

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncGenerator[httpx.AsyncClient]:
        given: dict[str, Any] = {
            "redis_url": redis_url,
            "auth_url": services.url,
            "media_url": services.url,
            "messaging_url": services.url,
            "public_url": "https://guildhall.test",
            "service_key_file": str(service_key),
            "discord_token": Secret(scene.bot.token),
            "discord_rest_url": scene.sim.rest_url,
            "discord_retry_seconds": 0.05,
            "panel_seconds_min": 0.05,
            "active_ask_seconds": 0.05,
        }
        async with serving(create_app(Settings(**given | changes)), base_url="http://control-bot") as client:
            yield client

    return start


@pytest.fixture
async def bot(scene: Stage, start_bot: StartBot) -> AsyncGenerator[httpx.AsyncClient]:
    """The bot as it is, connected."""
    async with start_bot() as client:
        await scene.sim.ready(scene.bot.id)
        yield client


@pytest.fixture
def ada(scene: Stage) -> Person:
    """Somebody in the server, who sits in the voice channel."""
    person = scene.person("ada")
    scene.sim.world.join_voice(scene.guild.id, user_id=person.user.id, channel_id=scene.voice.id)
    return person
