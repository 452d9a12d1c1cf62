"""A speaker that nobody here wrote: unmodified discord.js with @discordjs/voice."""

import asyncio
import os
from pathlib import Path

import pytest

from discord_sim.entities import ALL_PERMISSIONS
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit import npm
from voice import Frame, opus
from voice.ogg import Position, Writer

from .conftest import Hall

INDEPENDENT = Path(__file__).parents[2] / "discord-sim" / "independent"


@pytest.fixture(scope="session")
def independent() -> Path:
    """Where discord.js is, with its packages."""
    return npm.installed(INDEPENDENT)


class TestDiscordJs:
    async def test_is_heard_to_the_last_frame(self, hall: Hall, independent: Path, tmp_path: Path) -> None:
        spoken = babble(75, seed=9)
        writer = Writer(Position(serial=1))
        for packet in spoken:
            writer.write(packet)
        recording = tmp_path / "speech.ogg"
        recording.write_bytes(writer.finish())
        speaker = hall.sim.world.add_bot("speaker")
        hall.sim.world.join_guild(hall.guild_id, user=speaker.bot, permissions=ALL_PERMISSIONS)
        await hall.connect()

        process = await asyncio.create_subprocess_exec(
            "node",
            "speaker.mjs",
            cwd=independent,
            stdout=asyncio.subprocess.DEVNULL,
            env=os.environ
            | {
                "API": f"{hall.sim.url}/api",
                "TOKEN": speaker.token,
                "GUILD": str(hall.guild_id),
                "CHANNEL": str(hall.channel_id),
                "FILE": str(recording),
                "NODE_EXTRA_CA_CERTS": str(hall.sim.certificates.authority),
            },
        )
        try:
            async with asyncio.timeout(30):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()

        def heard() -> list[bytes]:
            frames = [each for each in hall.heard if isinstance(each, Frame) and each.user_id == speaker.id]
            return [frame.opus for frame in frames if not opus.is_silence(frame.opus)]

        await until(lambda: len(heard()) >= len(spoken))
        assert heard() == spoken
