"""More than one recorder, and more than one bot account: who has which recording, and what becomes of the rest."""

from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from recorder_bot.domain.gaps import RESTARTED
from testkit.recording.studio import Studio, check_accounts, handed_over


class TestAnotherRecorder:
    async def test_takes_over_when_the_lease_has_run_out_and_the_first_one_only_empties_its_spool(
        self, studio: Studio
    ) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        studio.media.cut()
        await ada.say(babble(60, seed=1))
        await until(lambda: babble(60, seed=1)[59] in studio.spooled())
        await studio.recorder.kill()
        studio.media.mend()

        await studio.another("second").start()
        await until(lambda: _went_on(studio) == 1, timeout_seconds=20)
        await together(ada)
        await studio.recorder.start()
        await ada.say(babble(100, seed=2))
        await handed_over(studio)
        assert studio.bot_is_there
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        assert RESTARTED in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        assert _went_on(studio) == 1
        assert sum(said.startswith("⏹") for said in studio.said(studio.voice.id)) == 1


class TestSeveralAccounts:
    async def test_record_several_channels_of_one_guild_at_once(self, studio: Studio) -> None:
        ada, bela = studio.person("ada"), studio.person("bela")
        studio.add_bot("second recorder")
        await studio.start()
        one, other = await studio.request(), await studio.request(studio.attic)
        for recording in (one, other):
            await studio.house.until(recording, "recording")
        ada.join(studio.voice.id)
        bela.join(studio.attic.id)
        await together(ada)
        await together(bela)

        await ada.say(babble(30, seed=1))
        await bela.say(babble(30, seed=2))
        details = [await studio.finish(one), await studio.finish(other)]

        assert await studio.missing(one, ada) == {ada.user_id: 0}
        assert await studio.missing(other, bela) == {bela.user_id: 0}
        assert [[track.speaker.name for track in each.tracks] for each in details] == [["ada"], ["bela"]]
        for detail in details:
            check_accounts(detail)

    async def test_a_recording_for_which_there_is_no_account_waits_for_one(self, studio: Studio) -> None:
        await studio.start()
        first = await studio.record()
        second = await studio.request(studio.attic)

        await studio.finish(first)

        await studio.house.until(second, "recording")
        await studio.finish(second)


def _went_on(studio: Studio) -> int:
    return sum("goes on" in said for said in studio.said(studio.voice.id))
