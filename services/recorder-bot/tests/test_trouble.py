"""Servers that are away, a recorder that is killed: what was heard is kept, what was not has a gap with its name."""

import msgspec
import pytest

from discord_sim.voice.ledger import digest
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from recorder_bot.domain.gaps import RESTARTED
from testkit.recording.studio import Studio, check_accounts, handed_over
from testkit.recording.trouble import kill_while_talking, without

SEED = 20261123
KILLS = 2
FRAMES_PER_SECOND = 50


class TestWithout:
    @pytest.mark.parametrize("which", ["media", "redis", "s3"])
    async def test_it_keeps_recording_and_catches_up(self, studio: Studio, which: str) -> None:
        ada = studio.person("ada")
        cable = {"media": studio.media, "redis": studio.redis, "s3": studio.house.s3}[which]
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)

        cable.cut()
        try:
            await ada.say(babble(150, seed=1))
        finally:
            cable.mend()
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(studio)

    async def test_the_database_nothing_is_missing_either(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)

        async with without(studio.house, "postgres"):
            await ada.say(babble(100, seed=1))
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        check_accounts(detail)
        await handed_over(studio)

    async def test_discord_tokens_it_idles_and_says_so(self, studio: Studio) -> None:
        await studio.start(discord_tokens="")

        ready = msgspec.json.decode(await studio.recorder.answers("/readyz"))

        assert ready["status"] == "ok"
        assert ready["checks"]["discord"] == "idle: no Discord token"


class TestStopped:
    async def test_asked_to_stop_it_loses_nothing_and_goes_on_at_the_next_start(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(30, seed=1))

        await studio.recorder.stop()
        await studio.recorder.start()
        await until(lambda: any("goes on" in each for each in studio.said(studio.voice.id)), timeout_seconds=15)
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        assert RESTARTED in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        check_accounts(detail)


class TestKilled:
    async def test_the_same_recording_goes_on_and_at_most_a_second_is_missing(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)

        killed = await kill_while_talking(studio, ada, times=KILLS, seed=SEED)
        detail = await studio.finish(recording)

        assert max(each.back_seconds for each in killed) < 15
        recorded = {digest(packet) for packet in (await studio.house.packets(recording))[str(ada.user_id)]}
        missing = [len([one for one in each.said if one not in recorded]) for each in killed]
        assert max(missing) <= FRAMES_PER_SECOND, f"seed {SEED}: frames missing before each kill: {missing}"
        named = [gap for gaps in detail.gaps.values() for gap in gaps if gap.cause == RESTARTED]
        assert len(named) == KILLS, detail.gaps
        check_accounts(detail)
        await handed_over(studio)
