"""A bot on unmodified py-cord: answers a command, says a file in a voice channel, tells of it on standard output.

Environment: API (http://host:port/api/v10), TOKEN, CHANNEL, FILE (Ogg Opus); SSL_CERT_FILE names the simulator's
authority, and PYTHONPATH the folder of py-cord, which takes the place of discord.py.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import discord
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


Route.API_BASE_URL = os.environ["API"]
bot = discord.Bot(intents=discord.Intents.default())


@bot.event
async def on_ready() -> None:
    tell("ready", title=discord.__title__)


@bot.slash_command(description="Say it again")
async def echo(context: discord.ApplicationContext, text: str) -> None:
    await context.defer(ephemeral=True)
    await context.respond(text, ephemeral=True)


@bot.slash_command(description="Say a file")
async def speak(context: discord.ApplicationContext) -> None:
    await context.respond("listen")
    channel = bot.get_channel(int(os.environ["CHANNEL"]))
    assert isinstance(channel, discord.VoiceChannel)
    voice = await channel.connect()
    ended = asyncio.Event()
    voice.play(Speech(Path(os.environ["FILE"])), after=lambda _: bot.loop.call_soon_threadsafe(ended.set))
    await ended.wait()
    tell("finished")
    await voice.disconnect()


bot.run(os.environ["TOKEN"])
