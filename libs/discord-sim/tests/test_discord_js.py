"""Unmodified discord.js, which nobody here wrote, logs in, answers, and comes back."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from discord_sim.interactions import EPHEMERAL
from discord_sim.stage import Stage, stage


class Script:
    """A running script and what it has told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self, event: str, *, seconds: float = 20.0) -> dict[str, Any]:
        """The next time it tells of this event."""
        assert self.process.stdout
        async with asyncio.timeout(seconds):
            async for line in self.process.stdout:
                told = json.loads(line)
                if told["event"] == event:
                    return told
        raise AssertionError(f"the script ended without telling of {event}")


@pytest.fixture
async def live() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest.fixture
async def bot(live: Stage, independent: Path) -> AsyncIterator[Script]:
    node = shutil.which("node")
    assert node
    environment = os.environ | {"API": f"{live.sim.url}/api", "TOKEN": live.bot.token}
    process = await asyncio.create_subprocess_exec(
        node, "bot.mjs", cwd=independent, env=environment, stdout=asyncio.subprocess.PIPE
    )
    script = Script(process)
    await script.told("ready")
    yield script
    process.terminate()
    await process.communicate()


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
        live.sim.gateway.drop(live.bot.id)
        await live.sim.until(lambda: not live.sim.gateway.is_ready(live.bot.id))

        live.person("ada").says(live.text, "while you were away")

        assert (await bot.told("message"))["content"] == "while you were away"
        await bot.told("resumed")

    async def test_starts_anew_after_an_invalid_session(self, live: Stage, bot: Script) -> None:
        live.sim.gateway.invalidate(live.bot.id)

        await bot.told("identified")
