"""Ten minutes of talk, twenty kills, minutes without each neighbour: what was said is in the tracks, or named.

Not collected by itself. SOAK_SECONDS, SOAK_KILLS, SOAK_AWAY_SECONDS and SOAK_SEED change what is printed here.
"""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.ledger import digest
from discord_sim.voice.sounds import babble
from recorder_bot.domain.gaps import RESTARTED, merged
from testkit.recording.external_client import EXTERNAL_CLIENT, ExternalClient
from testkit.recording.outages import Neighbour, kill_while_talking, without
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over
from testkit.recording.scenario import Scenario, ScenarioPlan

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
KILLS = int(os.environ.get("SOAK_KILLS", "20"))
AWAY_SECONDS = float(os.environ.get("SOAK_AWAY_SECONDS", "60"))
SEED = int(os.environ.get("SOAK_SEED", "20261123"))
COMINGS_AND_GOINGS = 20
FRAMES_PER_SECOND = 50
APART_MS_MAX = 20
BACK_SECONDS_MAX = 15


@pytest.mark.timeout(SECONDS + 300)
class TestAScenario:
    @pytest.mark.parametrize("mode", CIPHERS)
    async def test_is_recorded_to_the_last_frame(self, setup: RecorderSetup, mode: str, tmp_path: Path) -> None:
        """Half of the time with each cipher."""
        seconds = SECONDS / len(CIPHERS)
        discord_js = ExternalClient(setup.sim, setup.guild.id, setup.voice.id)
        spoken = babble(round((seconds - 5) * FRAMES_PER_SECOND), seed=SEED)
        recording = await setup.record()
        plan = ScenarioPlan(
            seconds=seconds, comings_and_goings=COMINGS_AND_GOINGS // len(CIPHERS), seed=SEED, mode=mode
        )
        scenario = Scenario(setup, plan)

        await asyncio.gather(scenario.run(), discord_js.speak(spoken, tmp_path))
        result = await scenario.evaluate(recording, await setup.finish(recording))

        lost = discord_js.missing(await setup.environment.packets(recording))
        print(
            f"\n{mode}: {sum(result.said.values())} frames said by {len(result.said)} people, missing "
            f"{result.missing or 'none'}; discord.js: {len(spoken)} frames, {discord_js.arrived} of them arrived, "
            f"missing {lost}; "
            f"its packets {[each.packets for each in result.detail.tracks if each.speaker.name == EXTERNAL_CLIENT]}; "
            f"hosts apart by {min(result.apart_ms)} to {max(result.apart_ms)} ms, {len(result.apart_ms)} times"
        )
        assert result.missing == {}
        assert lost == 0
        assert max(map(abs, result.apart_ms)) <= APART_MS_MAX
        check_accounts(result.detail)
        for track in result.detail.tracks:
            file = tmp_path / f"{track.number}.opus"
            content = await setup.environment.track(recording.id, track.number, guild_id=recording.guild_id)
            await asyncio.to_thread(file.write_bytes, content)
            await plays(file)


@pytest.mark.timeout(KILLS * 60 + 120)
class TestKilled:
    async def test_it_goes_on_each_time_with_at_most_a_second_missing(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        recording = await setup.record()
        await setup.gather(ada)

        killed = await kill_while_talking(setup, ada, times=KILLS, seed=SEED)
        detail = await setup.finish(recording)

        recorded = {digest(packet) for packet in (await setup.environment.packets(recording))[str(ada.user_id)]}
        missing = [len([one for one in each.said if one not in recorded]) for each in killed]
        back = [round(each.back_seconds, 1) for each in killed]
        print(f"\nseed {SEED}: {KILLS} kills; frames missing before each {missing}; back after {back} s")
        assert max(missing) <= FRAMES_PER_SECOND
        assert max(back) < BACK_SECONDS_MAX
        named = [gap for its in detail.gaps.values() for gap in its if gap.cause == RESTARTED]
        assert len(merged(named)) == KILLS
        check_accounts(detail)
        await handed_over(setup)


@pytest.mark.timeout(AWAY_SECONDS * 2 + 120)
class TestWithout:
    @pytest.mark.parametrize("neighbour", ["media", "valkey", "seaweedfs", "postgres"])
    async def test_nothing_that_was_said_is_missing(self, setup: RecorderSetup, neighbour: Neighbour) -> None:
        ada = setup.person("ada")
        recording = await setup.record()
        await setup.gather(ada)

        async with without(setup.environment, neighbour):
            await ada.say(babble(round(AWAY_SECONDS * FRAMES_PER_SECOND), seed=SEED))
        detail = await setup.finish(recording)

        missing = await setup.missing(recording, ada)
        print(f"\nwithout {neighbour} for {AWAY_SECONDS:g} s: {len(setup.sent(ada))} frames said, missing {missing}")
        assert missing == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(setup)


async def plays(file: Path) -> None:
    """opusinfo and ffprobe have nothing to say against it."""
    for program, arguments in (("opusinfo", []), ("ffprobe", ["-v", "error", "-show_format"])):
        assert shutil.which(program), f"{program} is needed for this"
        process = await asyncio.create_subprocess_exec(
            program, *arguments, str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        assert b"WARNING" not in said, said.decode()
        assert b"ERROR" not in said, said.decode()
