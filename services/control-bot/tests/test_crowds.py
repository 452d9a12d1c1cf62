"""Many people at once: everybody is acknowledged before anybody is attended to, and everybody is answered."""

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest

from discord_sim.people import Handle, Person
from discord_sim.rest.limits import UNLIMITED
from discord_sim.stage import Stage, stage
from testkit.waiting import eventually

from .conftest import StartBot
from .stand_in import StandIn

PEOPLE, AT_ONCE = 100, 20
PATIENT = {
    "call_seconds_max": 60.0,
    "answer_seconds_max": 60.0,
    "arrivals_seconds_max": 60.0,
    "commands_at_once_max": AT_ONCE,
}


@pytest.fixture
async def scene() -> AsyncGenerator[Stage]:
    """Discord whose three seconds are thirty: here a hundred people, the bot and Discord share one processor."""
    began = time.time()
    async with stage(limits=UNLIMITED, clock=lambda: began + (time.time() - began) / 10) as ready:
        yield ready


async def texts(handles: list[Handle]) -> set[str]:
    """What everybody reads in the end."""
    answers = await asyncio.gather(*(handle.answered(seconds=30) for handle in handles))
    return {answer.content for answer in answers}


class TestAHundredCommandsAtOnce:
    async def test_are_acknowledged_before_a_slow_service_answers_and_answered_in_the_end(
        self, scene: Stage, start_bot: StartBot, services: StandIn, ada: Person
    ) -> None:
        async with start_bot(**PATIENT):
            await scene.sim.ready(scene.bot.id)
            services.open.clear()
            waiting: list[Handle] = []
            services.at_first_call = lambda: waiting.extend(
                handle for handle in handles if handle.interaction.answered_by is None
            )

            async def full() -> bool:
                return services.waiting == AT_ONCE

            handles = [ada.types(scene.text, "/recordings") for _ in range(PEOPLE)]
            await asyncio.gather(*(handle.acknowledged(seconds=30) for handle in handles))
            await eventually(full)
            services.open.set()

            assert await texts(handles) == {"There are no recordings yet. Start one with `/record start`."}

        assert waiting == []
        assert services.most == AT_ONCE

    async def test_are_answered_when_the_service_never_does(
        self, scene: Stage, start_bot: StartBot, services: StandIn, ada: Person
    ) -> None:
        async with start_bot(call_seconds_max=0.2, commands_at_once_max=AT_ONCE):
            await scene.sim.ready(scene.bot.id)
            services.hangs = True

            handles = [ada.types(scene.text, "/recordings") for _ in range(PEOPLE)]

            [text] = await texts(handles)

        assert "is not answering right now" in text
