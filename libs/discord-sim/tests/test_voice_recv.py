"""discord.py with discord-ext-voice-recv, a receiver that nobody here wrote, hears what is said in a stage."""

import sys

from discord_sim.entities import ChannelKind
from discord_sim.stage import stage
from discord_sim.voice.sounds import babble
from testkit import pip

from .scripts import INDEPENDENT, running

FRAMES = 20


class TestVoiceRecv:
    async def test_hears_what_is_said_where_there_is_no_end_to_end_encryption(self) -> None:
        async with stage() as live:
            live.voice.kind = ChannelKind.STAGE
            environ = {
                "API": live.sim.rest_url,
                "GATEWAY": live.sim.ws_url,
                "TOKEN": live.bot.token,
                "CHANNEL": str(live.voice.id),
                "SSL_CERT_FILE": str(live.sim.certificates.authority),
                "PYTHONPATH": str(pip.installed(INDEPENDENT / "locks" / "voice-recv.txt")),
            }
            ada = live.person("ada").user
            speaker = live.sim.speaker(live.guild.id, user_id=ada.id)
            spoken = babble(FRAMES, seed=1)
            async with running(sys.executable, "voice_recv.py", folder=INDEPENDENT, **environ) as script:
                await script.told("listening")
                speaker.join(live.voice.id)

                await speaker.say(spoken)
                heard = [await script.told("heard") for _ in spoken]

        assert [each["opus"] for each in heard] == [packet.hex() for packet in spoken]
        assert {each["user"] for each in heard[1:]} == {str(ada.id)}
