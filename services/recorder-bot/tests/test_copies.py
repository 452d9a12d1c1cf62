"""More than one recorder, and more than one bot account: who has which recording, and what becomes of the rest."""

from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from recorder_bot.domain.gaps import RESTARTED
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over


class TestAnotherRecorder:
    async def test_takes_over_when_the_lease_has_run_out_and_the_first_one_only_empties_its_spool(
        self, setup: RecorderSetup
    ) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        setup.media.cut()
        await ada.say(babble(60, seed=1))
        await until(lambda: babble(60, seed=1)[59] in setup.spooled())
        await setup.recorder.kill()
        setup.media.restore()

        await setup.replica("second").start()
        await until(lambda: _went_on(setup) == 1, timeout_seconds=20)
        await together(ada)
        await setup.recorder.start()
        await ada.say(babble(100, seed=2))
        await handed_over(setup)
        assert setup.bot_is_there
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        assert RESTARTED in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        assert _went_on(setup) == 1
        assert sum(said.startswith("⏹") for said in setup.said(setup.voice.id)) == 1


class TestSeveralAccounts:
    async def test_record_several_channels_of_one_guild_at_once(self, setup: RecorderSetup) -> None:
        ada, bela = setup.person("ada"), setup.person("bela")
        setup.add_bot("second recorder")
        await setup.start()
        one, other = await setup.request(), await setup.request(setup.other_voice)
        for recording in (one, other):
            await setup.environment.until(recording, "recording")
        ada.join(setup.voice.id)
        bela.join(setup.other_voice.id)
        await together(ada)
        await together(bela)

        await ada.say(babble(30, seed=1))
        await bela.say(babble(30, seed=2))
        details = [await setup.finish(one), await setup.finish(other)]

        assert await setup.missing(one, ada) == {ada.user_id: 0}
        assert await setup.missing(other, bela) == {bela.user_id: 0}
        assert [[track.speaker.name for track in each.tracks] for each in details] == [["ada"], ["bela"]]
        for detail in details:
            check_accounts(detail)

    async def test_a_recording_for_which_there_is_no_account_waits_for_one(self, setup: RecorderSetup) -> None:
        await setup.start()
        first = await setup.record()
        second = await setup.request(setup.other_voice)

        await setup.finish(first)

        await setup.environment.until(second, "recording")
        await setup.finish(second)


def _went_on(setup: RecorderSetup) -> int:
    return sum("goes on" in said for said in setup.said(setup.voice.id))
