"""A scenario of half a minute: three speakers, one of them discord.js, and guests; `make soak` runs ten minutes."""

import asyncio
from pathlib import Path

import pytest

from contracts.media import PacketCounts
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.sounds import babble
from testkit.recording.external_client import EXTERNAL_CLIENT, ExternalClient
from testkit.recording.recorder_setup import RecorderSetup, check_accounts
from testkit.recording.scenario import Scenario, ScenarioPlan

APART_MS_MAX = 60
"""When a spurt begins is when it arrives: where others compete for the processor that is late. `make soak` wants 20."""


def unwritten(packets: PacketCounts) -> int:
    """Lost or dropped, by whatever cause: a loaded machine may be too late for discord.js. `make soak` is strict."""
    return packets.lost + sum(packets.dropped.values())


class TestAScenario:
    @pytest.mark.parametrize("mode", CIPHERS)
    async def test_is_recorded_to_the_last_frame_and_in_time(
        self, setup: RecorderSetup, mode: str, tmp_path: Path
    ) -> None:
        discord_js = ExternalClient(setup.sim, setup.guild.id, setup.voice.id)
        spoken = babble(300, seed=7)
        await setup.start()
        recording = await setup.record()
        scenario = Scenario(setup, ScenarioPlan(seconds=12, comings_and_goings=6, seed=3, mode=mode))

        await asyncio.gather(scenario.run(), discord_js.speak(spoken, tmp_path))
        result = await scenario.evaluate(recording, await setup.finish(recording))

        assert result.missing == {}
        missing = discord_js.missing(await setup.environment.packets(recording))
        accounts = {track.speaker.name: track.packets for track in result.detail.tracks}
        assert missing <= min(unwritten(accounts[EXTERNAL_CLIENT]), len(spoken) // 2), accounts
        assert result.apart_ms
        assert max(map(abs, result.apart_ms)) <= APART_MS_MAX
        check_accounts(result.detail)
