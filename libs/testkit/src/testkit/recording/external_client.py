"""An external client: unmodified discord.js with @discordjs/voice, as a process of its own."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from discord_sim.entities import ALL_PERMISSIONS
from discord_sim.simulator import Simulator
from testkit import npm
from voice.ogg import Position, Writer

INDEPENDENT = Path(__file__).parents[4] / "discord-sim" / "independent"
EXTERNAL_CLIENT = "external_client"


class ExternalClient:
    """A bot account of the guild that discord.js speaks for."""

    def __init__(self, sim: Simulator, guild_id: int, channel_id: int) -> None:
        self._sim, self._guild_id, self._channel_id = sim, guild_id, channel_id
        self._spoken: set[bytes] = set()
        self._bot = sim.world.add_bot(EXTERNAL_CLIENT)
        sim.world.join_guild(guild_id, user=self._bot.bot, permissions=ALL_PERMISSIONS)

    @property
    def arrived(self) -> int:
        """How many frames of it have reached the voice server."""
        return len(self._sim.voice.ledger.voiced(self._bot.id))

    def missing(self, tracks: Mapping[str, list[bytes]]) -> int:
        """How many of the packets that it said are not in its track."""
        return len(self._spoken - set(tracks.get(str(self._bot.id), [])))

    @asynccontextmanager
    async def running(self, script: str, log: Path, **environ: str) -> AsyncGenerator[asyncio.subprocess.Process]:
        """One of the programs in `independent/`, for the length of the block at the most."""
        folder = await asyncio.to_thread(npm.installed, INDEPENDENT)
        given = {
            "API": f"{self._sim.url}/api",
            "TOKEN": self._bot.token,
            "GUILD": str(self._guild_id),
            "CHANNEL": str(self._channel_id),
            "NODE_EXTRA_CA_CERTS": str(self._sim.certificates.authority),
        }
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                "node", script, cwd=folder, stdout=output, stderr=output, env=os.environ | given | environ
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def speak(self, packets: Sequence[bytes], folder: Path) -> None:
        """Come, say all of it, go."""
        self._spoken.update(packets)
        writer = Writer(Position(serial=1))
        for packet in packets:
            writer.write(packet)
        speech = folder / "speech.ogg"
        await asyncio.to_thread(speech.write_bytes, writer.finish())
        async with self.running("speaker.mjs", folder / "external_client.log", FILE=str(speech)) as process:
            if await process.wait():
                raise RuntimeError(f"discord.js failed: {(folder / 'external_client.log').read_text()[-2000:]}")
