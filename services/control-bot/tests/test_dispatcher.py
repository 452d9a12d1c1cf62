"""Whatever happens behind it, a person gets an answer in time, and nothing happens twice."""

import asyncio
import math

import httpx
import pytest

from chassis.settings import Secret
from control_bot.domain.panel import pressed
from discord_sim.faults import RestFault
from discord_sim.people import Handle, Person
from discord_sim.stage import Stage
from testkit.waiting import eventually

from .conftest import StartBot
from .stand_in import StandIn

LINES = ("/record start", "/record stop", "/record status", "/recordings", "/space status")
COMMANDS, AT_ONCE = 100, 10


def p99(handles: list[Handle]) -> float:
    """Seconds until the bot had acknowledged 99 of 100."""
    times = sorted(handle.acknowledged_after or math.inf for handle in handles)
    return times[len(times) * 99 // 100 - 1]


class TestRepeatedInteraction:
    async def test_runs_once(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person) -> None:
        handle = ada.types(scene.text, "/record start")
        handle.repeat()
        await handle.answered()
        handle.repeat()
        await ada.types(scene.text, "/recordings").answered()

        assert len(services.made("POST", "/recordings")) == 1
        assert len(handle.interaction.versions) == 1

    async def test_has_its_effect_once_after_a_restart(
        self, scene: Stage, start_bot: StartBot, services: StandIn, ada: Person
    ) -> None:
        async with start_bot():
            await scene.sim.ready(scene.bot.id)
            handle = ada.types(scene.text, "/record start")
            await handle.answered()

        async with start_bot():
            await scene.sim.ready(scene.bot.id)
            handle.repeat()
            await ada.types(scene.text, "/recordings").answered()

        assert {call.key for call in services.made("POST", "/recordings")} == {str(handle.interaction.id)}
        assert len(services.recordings) == 1


class TestServicesAway:
    @pytest.mark.parametrize("how", ["stopped", "slow", "failing"])
    async def test_leave_commands_acknowledged_within_a_second(
        self, how: str, scene: Stage, start_bot: StartBot, services: StandIn, ada: Person
    ) -> None:
        async with start_bot(call_seconds_max=0.3):
            await scene.sim.ready(scene.bot.id)
            services.hangs = how == "slow"
            services.status = 500 if how == "failing" else None
            if how == "stopped":
                await services.stop()

            handles: list[Handle] = []
            for number in range(0, COMMANDS, AT_ONCE):
                typed = [ada.types(scene.text, LINES[each % len(LINES)]) for each in range(number, number + AT_ONCE)]
                handles += typed
                for handle in typed:
                    await handle.answered(seconds=15)

        assert p99(handles) < 1.0
        assert all("is not answering right now" in each.response.content for each in handles if each.response)

    @pytest.mark.parametrize("who", ["auth", "media", "messaging"])
    async def test_that_never_answer_are_waited_for_no_longer_than_a_call_may_take(
        self, who: str, scene: Stage, start_bot: StartBot, services: StandIn, ada: Person
    ) -> None:
        services.auth_hangs = who == "auth"
        services.hangs = who != "auth"
        line = "/space status" if who == "messaging" else "/recordings"
        async with start_bot(call_seconds_max=0.3, answer_seconds_max=60.0):
            await scene.sim.ready(scene.bot.id)

            handles = [ada.types(scene.text, line) for _ in range(3)]
            answers = await asyncio.gather(*(handle.answered(seconds=4) for handle in handles))

        assert all("Wait a moment and try again" in answer.content for answer in answers)

    async def test_may_come_back(self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person) -> None:
        services.status = 503
        first = await ada.types(scene.text, "/recordings").answered()
        services.status = None
        second = await ada.types(scene.text, "/recordings").answered()

        assert "is not answering right now" in first.content
        assert "no recordings yet" in second.content

    async def test_are_not_to_blame_for_what_nobody_understands(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        services.status = 204

        handle = ada.types(scene.text, "/recordings")

        assert str(handle.interaction.id) in (await handle.answered()).content


class TestDiscordAway:
    async def test_a_missed_acknowledgement_does_nothing(
        self, scene: Stage, bot: httpx.AsyncClient, services: StandIn, ada: Person
    ) -> None:
        scene.sim.faults.rest.append(RestFault(match="POST /interactions/*", status=404))

        ada.types(scene.text, "/record start")
        await ada.types(scene.text, "/recordings").answered()

        assert services.made("POST", "/recordings") == []

    async def test_is_tried_again_until_commands_are_registered(
        self, scene: Stage, start_bot: StartBot, ada: Person
    ) -> None:
        scene.sim.faults.rest.append(RestFault(match="PUT /applications/*", status=403, times=2))

        async with start_bot():
            await scene.sim.until(lambda: scene.bot.commands.get(None))
            await scene.sim.ready(scene.bot.id)

            assert await ada.types(scene.text, "/help").answered()


class TestStopping:
    async def test_in_the_middle_of_connecting_leaves_nothing_behind(self, scene: Stage, start_bot: StartBot) -> None:
        others = asyncio.all_tasks()
        async with start_bot():
            await scene.sim.until(lambda: scene.sim.gateway.sessions)

        left = asyncio.all_tasks() - others
        assert [task.get_name() for task in left if "shard" in task.get_name()] == []


class TestHealth:
    async def test_says_that_it_idles_without_a_token(self, start_bot: StartBot) -> None:
        async with start_bot(discord_token=Secret("")) as client:
            answer = await client.get("/readyz")

        assert (answer.status_code, answer.json()["checks"]) == (200, {"discord": "idle: no Discord token"})

    async def test_is_well_when_connected(self, bot: httpx.AsyncClient) -> None:
        async def well() -> bool:
            answer = await bot.get("/readyz")
            checks = answer.json()["checks"]
            return (answer.status_code, checks["discord"], checks["redis"]) == (200, "ok", "ok")

        await eventually(well)

    async def test_tells_that_discord_refuses_the_token(self, scene: Stage, start_bot: StartBot) -> None:
        async with start_bot(discord_token=Secret("MQ.wrong.token")) as client:
            await scene.sim.until(lambda: any(call.status == 401 for call in scene.sim.calls))
            answer = await client.get("/readyz")

        assert answer.status_code == 503
        assert "discord" in answer.json()["checks"]


class TestForeignButtons:
    @pytest.mark.parametrize("custom_id", ["", "more", "panel:stop", "panel:dance:0", "panel:stop:not-an-id", "a:b:c"])
    def test_are_left_alone(self, custom_id: str) -> None:
        assert pressed(custom_id) is None
