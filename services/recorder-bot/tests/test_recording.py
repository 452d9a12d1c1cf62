"""From Discord's packets to tracks at media: what is said is recorded, and nothing that must not be."""

from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over


class TestRecording:
    async def test_three_speakers_have_every_frame_in_a_track_of_their_own(self, setup: RecorderSetup) -> None:
        ada, bela, cyd = setup.person("ada"), setup.person("bela", dave=LibdaveMember), setup.person("cyd")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada, bela, cyd)

        for seed, person in enumerate((ada, bela, cyd)):
            await person.say(babble(60, seed=seed))
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada, bela, cyd) == dict.fromkeys(
            (ada.user_id, bela.user_id, cyd.user_id), 0
        )
        assert [track.packets.written >= 60 for track in detail.tracks] == [True] * 3
        check_accounts(detail)
        await handed_over(setup)
        assert setup.nickname is None
        assert not setup.bot_is_there

    async def test_people_are_told_before_the_first_packet_is_written(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.request()
        await until(lambda: setup.said(setup.voice.id))
        told = setup.said(setup.voice.id)[0]
        await setup.environment.until(recording, "recording")

        assert "being recorded" in told
        assert (setup.nickname or "").startswith("🔴")
        await setup.gather(ada)
        await ada.say(babble(10, seed=1))
        await setup.finish(recording)
        assert setup.said(setup.voice.id)[-1].startswith("⏹")
