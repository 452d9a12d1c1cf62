"""Unmodified py-cord, which takes the place of discord.py on the import path, gets ready, answers and speaks."""

import sys
from collections.abc import AsyncIterator

import pytest

from discord_sim.interactions import EPHEMERAL
from discord_sim.stage import Stage, stage
from discord_sim.voice.sounds import read_ogg_opus
from testkit import pip

from .scripts import INDEPENDENT, RECORDING, Script, running


@pytest.fixture
async def live() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest.fixture
async def bot(live: Stage) -> AsyncIterator[Script]:
    environ = {
        "API": live.sim.rest_url,
        "TOKEN": live.bot.token,
        "CHANNEL": str(live.voice.id),
        "FILE": str(RECORDING),
        "SSL_CERT_FILE": str(live.sim.certificates.authority),
        "PYTHONPATH": str(pip.installed(INDEPENDENT / "locks" / "py-cord.txt")),
    }
    async with running(sys.executable, "pycord.py", folder=INDEPENDENT, **environ) as script:
        assert (await script.told("ready"))["title"] == "pycord"
        yield script


class TestPycord:
    async def test_answers_a_command(self, live: Stage, bot: Script) -> None:
        answer = await live.person("ada").types(live.text, "/echo", text="hello").answered()

        assert answer.flags & EPHEMERAL

    async def test_speaks_and_every_frame_arrives(self, live: Stage, bot: Script) -> None:
        live.sim.speaker(live.guild.id, user_id=live.person("ada").user.id).join(live.voice.id)

        live.person("ben").types(live.text, "/speak")
        await bot.told("finished")

        sent = [each for each in live.sim.voice.ledger.sent if each.user_id == live.bot.id]
        assert sum(not each.silence for each in sent) == len(read_ogg_opus(RECORDING))
