"""Unmodified discord.py, which nobody here wrote either, logs in, answers, comes back and speaks."""

import sys
from collections.abc import AsyncIterator

import pytest

from discord_sim.interactions import EPHEMERAL
from discord_sim.stage import Stage, stage
from discord_sim.voice.sounds import read_ogg_opus

from .scripts import INDEPENDENT, RECORDING, Script, cut, running


@pytest.fixture
async def live() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest.fixture
async def bot(live: Stage) -> AsyncIterator[Script]:
    environ = {
        "API": live.sim.rest_url,
        "GATEWAY": live.sim.ws_url,
        "TOKEN": live.bot.token,
        "CHANNEL": str(live.voice.id),
        "FILE": str(RECORDING),
        "SSL_CERT_FILE": str(live.sim.certificates.authority),
    }
    async with running(sys.executable, "discord_py.py", folder=INDEPENDENT, **environ) as script:
        await script.told("ready")
        yield script


class TestDiscordPy:
    async def test_answers_a_command(self, live: Stage, bot: Script) -> None:
        echo = live.person("ada").types(live.text, "/echo", text="hello")

        answer, follow_ups = await echo.answered(), await echo.followed_up()

        assert (answer.content, answer.flags & EPHEMERAL) == ("hello", EPHEMERAL)
        assert [message.content for message in follow_ups] == ["and once more"]

    async def test_resumes_after_a_cut_and_misses_nothing(self, live: Stage, bot: Script) -> None:
        await cut(live)

        live.person("ada").says(live.text, "while you were away")

        assert (await bot.told("message"))["content"] == "while you were away"
        await bot.told("resumed")

    async def test_speaks_and_every_frame_arrives(self, live: Stage, bot: Script) -> None:
        live.sim.speaker(live.guild.id, user_id=live.person("ada").user.id).join(live.voice.id)

        live.person("ben").types(live.text, "/speak")
        await bot.told("finished")

        sent = [each for each in live.sim.voice.ledger.sent if each.user_id == live.bot.id]
        assert sum(not each.silence for each in sent) == len(read_ogg_opus(RECORDING))
