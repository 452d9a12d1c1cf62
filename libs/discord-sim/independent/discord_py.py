"""A bot on unmodified discord.py: answers a command, says a file in a voice channel, tells of it on standard output.

Environment: API (http://host:port/api/v10), GATEWAY (ws://…), TOKEN, CHANNEL, FILE (Ogg Opus); SSL_CERT_FILE
names the simulator's authority.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.oggparse import OggStream


def tell(event: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


class Speech(discord.AudioSource):
    """The packets of a file, one each 20 ms."""

    def __init__(self, path: Path) -> None:
        _, _, *self._packets = OggStream(path.open("rb")).iter_packets()

    def read(self) -> bytes:
        return self._packets.pop(0) if self._packets else b""

    def is_opus(self) -> bool:
        return True


class Bot(discord.Client):
    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self.commands = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        await self.commands.sync()

    async def on_ready(self) -> None:
        tell("ready")

    async def on_resumed(self) -> None:
        tell("resumed")

    async def on_message(self, message: discord.Message) -> None:
        tell("message", content=message.content)

    async def speak(self) -> None:
        channel = self.get_channel(int(os.environ["CHANNEL"]))
        assert isinstance(channel, discord.VoiceChannel)
        voice = await channel.connect()
        tell("joined")
        ended = asyncio.Event()
        voice.play(Speech(Path(os.environ["FILE"])), after=lambda _: self.loop.call_soon_threadsafe(ended.set))
        await ended.wait()
        tell("finished")
        await voice.disconnect()


Route.BASE = os.environ["API"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])
bot = Bot()


@bot.commands.command(description="Say it again")
async def echo(interaction: discord.Interaction, text: str) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.edit_original_response(content=text)
    await interaction.followup.send("and once more", ephemeral=True)


@bot.commands.command(description="Say a file")
async def speak(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("listen")
    await bot.speak()


bot.run(os.environ["TOKEN"], log_handler=None)
