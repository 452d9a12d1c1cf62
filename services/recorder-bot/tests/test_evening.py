"""Half a minute with three speakers, one of them discord.js, and guests; `make soak` has ten minutes of it."""

import asyncio
from pathlib import Path

import pytest

from contracts.media import PacketCounts
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.sounds import babble
from testkit.recording.evening import Evening, Plan
from testkit.recording.outsider import OUTSIDER, Outsider
from testkit.recording.studio import Studio, check_accounts

APART_MS_MAX = 60
"""When a spurt begins is when it arrives: where others compete for the processor that is late. `make soak` wants 20."""


def unwritten(packets: PacketCounts) -> int:
    """Lost or dropped, by whatever cause: a loaded machine may be too late for discord.js. `make soak` is strict."""
    return packets.lost + sum(packets.dropped.values())


class TestAnEvening:
    @pytest.mark.parametrize("mode", CIPHERS)
    async def test_is_recorded_to_the_last_frame_and_in_time(self, studio: Studio, mode: str, tmp_path: Path) -> None:
        outsider = Outsider(studio.sim, studio.guild.id, studio.voice.id)
        spoken = babble(300, seed=7)
        await studio.start()
        recording = await studio.record()
        evening = Evening(studio, Plan(seconds=12, comings_and_goings=6, seed=3, mode=mode))

        await asyncio.gather(evening.pass_by(), outsider.speak(spoken, tmp_path))
        outcome = await evening.look(recording, await studio.finish(recording))

        assert outcome.missing == {}
        missing = outsider.missing(await studio.house.packets(recording))
        accounts = {track.speaker.name: track.packets for track in outcome.detail.tracks}
        assert missing <= min(unwritten(accounts[OUTSIDER]), len(spoken) // 2), accounts
        assert outcome.apart_ms
        assert max(map(abs, outcome.apart_ms)) <= APART_MS_MAX
        check_accounts(outcome.detail)
