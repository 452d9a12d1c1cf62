"""Unmodified discord.js, which nobody here wrote, logs in, answers, and comes back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discord_sim.interactions import EPHEMERAL
from discord_sim.stage import Stage, stage
from discord_sim.voice.sounds import read_ogg_opus

from .scripts import RECORDING, Script, cut, running


@pytest.fixture
async def live() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def environ(live: Stage) -> dict[str, str]:
    return {"API": f"{live.sim.url}/api", "TOKEN": live.bot.token}


@pytest.fixture
async def bot(live: Stage, independent: Path) -> AsyncIterator[Script]:
    async with running("node", "bot.mjs", folder=independent, **environ(live)) as script:
        await script.told("ready")
        yield script


class TestDiscordJs:
    async def test_answers_a_command_and_a_button(self, live: Stage, bot: Script) -> None:
        ada = live.person("ada")

        echo = ada.types(live.text, "/echo", text="hello")
        answer, follow_ups = await echo.answered(), await echo.followed_up()
        panel = await ada.types(live.text, "/panel").answered()
        await ada.presses(panel, "more").acknowledged()

        assert (answer.content, answer.flags & EPHEMERAL) == ("hello", EPHEMERAL)
        assert [message.content for message in follow_ups] == ["and once more"]
        assert panel.content == "1"

    async def test_resumes_after_a_cut_and_misses_nothing(self, live: Stage, bot: Script) -> None:
        await cut(live)

        live.person("ada").says(live.text, "while you were away")

        assert (await bot.told("message"))["content"] == "while you were away"
        await bot.told("resumed")

    async def test_starts_over_after_an_invalid_session(self, live: Stage, bot: Script) -> None:
        live.sim.gateway.invalidate(live.bot.id)

        await bot.told("identified")


class TestDiscordJsVoice:
    async def test_speaks_and_every_frame_arrives(self, live: Stage, independent: Path) -> None:
        ada = live.person("ada").user
        live.sim.speaker(live.guild.id, user_id=ada.id).join(live.voice.id)
        more = environ(live) | {
            "GUILD": str(live.guild.id),
            "CHANNEL": str(live.voice.id),
            "FILE": str(RECORDING),
            "NODE_EXTRA_CA_CERTS": str(live.sim.certificates.authority),
        }

        async with running("node", "speaker.mjs", folder=independent, **more) as script:
            await script.told("finished")

        sent = [each for each in live.sim.voice.ledger.sent if each.user_id == live.bot.id]
        assert sum(not each.silence for each in sent) == len(read_ogg_opus(RECORDING))
