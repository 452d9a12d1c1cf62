"""A listener on unmodified discord.py with discord-ext-voice-recv: joins a channel, tells of each packet it receives.

Environment as for discord_py.py, and PYTHONPATH names the folder of voice-recv. It knows no end-to-end encryption.
"""

import json
import os
import sys

import discord
import yarl
from discord.ext import voice_recv
from discord.gateway import DiscordWebSocket
from discord.http import Route


def tell(event: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


class Sink(voice_recv.AudioSink):
    def wants_opus(self) -> bool:
        return True

    def write(self, user: discord.Member | None, data: voice_recv.VoiceData) -> None:
        tell("heard", user=str(user.id) if user else None, opus=(data.opus or b"").hex())

    def cleanup(self) -> None:
        pass


class Bot(discord.Client):
    async def on_ready(self) -> None:
        channel = self.get_channel(int(os.environ["CHANNEL"]))
        assert isinstance(channel, discord.VoiceChannel | discord.StageChannel)
        voice = await channel.connect(cls=voice_recv.VoiceRecvClient)
        voice.listen(Sink())
        tell("listening")


Route.BASE = os.environ["API"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])
Bot(intents=discord.Intents.default()).run(os.environ["TOKEN"], log_handler=None)
