"""Several copies of the bot: one is active, another takes over from it, and nothing is done twice meanwhile."""

import asyncio
import shutil
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from chassis.settings import Secret
from discord_sim.people import Handle, Person
from discord_sim.stage import Stage
from embedded import Server
from streams import bus
from testkit.recording.programs import Program
from testkit.waiting import eventually

from .conftest import StartBot
from .stand_in import StandIn

FOR_EVER = 600.0
"""Seconds of a lease that does not end during a test, or between two questions that are not asked in it."""
SHORT = 5.0
STANDBY = "standby: another copy is active"


@pytest.fixture
async def program(
    scene: Stage, services: StandIn, redis_url: Secret, service_key: Path, tmp_path: Path
) -> AsyncGenerator[Program]:
    """The bot as a process of its own, which may be killed and paused."""
    environ = {
        "REDIS_URL": redis_url.reveal(),
        "AUTH_URL": services.url,
        "MEDIA_URL": services.url,
        "MESSAGING_URL": services.url,
        "CONTROL_BOT_SERVICE_KEY_FILE": str(service_key),
        "CONTROL_BOT_DISCORD_TOKEN": scene.bot.token,
        "CONTROL_BOT_DISCORD_REST_URL": scene.sim.rest_url,
        "CONTROL_BOT_ACTIVE_LEASE_SECONDS": str(SHORT),
    }
    program = Program("control_bot", environ, log=tmp_path / "control-bot.log")
    yield program
    await program.kill()


def says(client: httpx.AsyncClient, text: str) -> Callable[[], Awaitable[bool]]:
    """Of Discord, when it is asked for its health."""

    async def said() -> bool:
        return (await client.get("/readyz")).json()["checks"]["discord"] == text

    return said


async def connected(scene: Stage, *, besides: set[str]) -> str:
    """The session of a copy that has connected, when there were these."""

    def new() -> str | None:
        sessions = scene.sim.gateway.sessions
        return next((name for name, each in sessions.items() if each.ready and name not in besides), None)

    session = await scene.sim.until(new, seconds=60)
    assert session
    return session


async def answers(handles: list[Handle]) -> None:
    await asyncio.gather(*(handle.answered(seconds=30) for handle in handles))


async def of_lease(ask: Callable[[Redis, str], Awaitable[Any]], *, url: str, scene: Stage) -> Any:
    """What Redis answers about it."""
    async with bus.connect(url) as redis:
        return await ask(redis, f"control-bot:active:{scene.bot.id}")


def acknowledged_once(scene: Stage) -> bool:
    """Whether nobody even tried to acknowledge an interaction again."""
    return set(Counter(call.path for call in scene.sim.calls if call.path.endswith("/callback")).values()) == {1}


class TestStandby:
    async def test_is_healthy_and_takes_over_at_once_when_the_active_copy_stops(
        self, scene: Stage, start_bot: StartBot, ada: Person
    ) -> None:
        async with AsyncExitStack() as running:
            await running.enter_async_context(start_bot(active_lease_seconds=FOR_EVER))
            first = await connected(scene, besides=set())
            async with start_bot(active_lease_seconds=FOR_EVER) as second:
                await eventually(says(second, STANDBY))
                health = await second.get("/readyz")
                before = set(scene.sim.gateway.sessions)
                await running.aclose()
                await connected(scene, besides={first})
                await answers([ada.types(scene.text, "/help")])
                after = set(scene.sim.gateway.sessions)

        assert health.status_code == 200
        assert before == {first}
        assert first not in after

    async def test_takes_over_when_the_lease_of_one_that_was_killed_has_ended(
        self, scene: Stage, start_bot: StartBot, program: Program, ada: Person
    ) -> None:
        await program.start()
        first = await connected(scene, besides=set())
        async with start_bot():
            await program.kill()
            await connected(scene, besides={first})

            await answers([ada.types(scene.text, "/help")])

    async def test_stays_that_while_redis_is_away_and_when_it_comes_back_empty(
        self, scene: Stage, start_bot: StartBot, own_valkey: Server, ada: Person
    ) -> None:
        given: dict[str, Any] = {"redis_url": Secret(own_valkey.url), "active_lease_seconds": FOR_EVER}
        async with start_bot(**given, active_ask_seconds=0.5) as first:
            session = await connected(scene, besides=set())
            async with start_bot(**given, active_ask_seconds=0.01) as second:
                await eventually(says(second, STANDBY))

                own_valkey.kill()
                await eventually(says(second, "ConnectionError: Redis does not say which copy of the bot is active"))
                await answers([ada.types(scene.text, "/help")])
                shutil.rmtree(own_valkey.data)
                await asyncio.to_thread(own_valkey.start)
                await eventually(says(second, STANDBY))
                await eventually(lambda: of_lease(Redis.get, url=own_valkey.url, scene=scene))

                assert await says(first, "ok")()
                assert await says(second, STANDBY)()
                assert set(scene.sim.gateway.sessions) == {session}


class TestActiveCopy:
    async def test_steps_back_when_it_was_paused_for_longer_than_its_lease(
        self, scene: Stage, start_bot: StartBot, services: StandIn, program: Program, ada: Person
    ) -> None:
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)
        await program.start()
        process = program.process
        assert process
        first = await connected(scene, besides=set())
        async with start_bot(active_lease_seconds=FOR_EVER):
            process.send_signal(signal.SIGSTOP)
            second = await connected(scene, besides={first})
            await answers([ada.types(scene.text, "/record note", text="while one is paused")])
            process.send_signal(signal.SIGCONT)

            await scene.sim.until(lambda: set(scene.sim.gateway.sessions) == {second}, seconds=60)
            health = await program.answers("/readyz")

        assert STANDBY in health.decode()
        assert len(services.made("POST", "/notes")) == 1
        assert acknowledged_once(scene)

    async def test_answers_while_redis_hangs(
        self, scene: Stage, start_bot: StartBot, ada: Person, own_valkey: Server
    ) -> None:
        async with start_bot(redis_url=Secret(own_valkey.url)):
            await scene.sim.ready(scene.bot.id)
            own_valkey.pause()

            handle = ada.types(scene.text, "/recordings")
            answer = await handle.answered(seconds=10)
            own_valkey.resume()

        assert "no recordings yet" in answer.content


class TestTwoActiveCopies:
    async def test_answer_each_interaction_once(
        self, scene: Stage, start_bot: StartBot, services: StandIn, redis_url: Secret, ada: Person
    ) -> None:
        """As for the moment until one that was paused has heard that another one took over."""
        services.record(guild_id=scene.guild.id, channel_id=scene.voice.id)
        async with start_bot(active_ask_seconds=FOR_EVER):
            first = await connected(scene, besides=set())
            await of_lease(Redis.delete, url=redis_url.reveal(), scene=scene)
            async with start_bot():
                await connected(scene, besides={first})

                handles = [ada.types(scene.text, "/record note", text=f"number {each}") for each in range(5)]
                await answers(handles)

        assert acknowledged_once(scene)
        assert Counter(call.key for call in services.made("POST", "/notes")) == Counter(
            str(handle.interaction.id) for handle in handles
        )
        assert all(len(handle.interaction.versions) == 1 for handle in handles)
