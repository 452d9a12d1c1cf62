"""From Discord's packets to tracks at media: what is said is recorded, and nothing that must not be."""

from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.recording.studio import Studio, check_accounts, handed_over


class TestRecording:
    async def test_three_speakers_have_every_frame_in_a_track_of_their_own(self, studio: Studio) -> None:
        ada, bela, cyd = studio.person("ada"), studio.person("bela", dave=LibdaveMember), studio.person("cyd")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada, bela, cyd)

        for seed, person in enumerate((ada, bela, cyd)):
            await person.say(babble(60, seed=seed))
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada, bela, cyd) == dict.fromkeys(
            (ada.user_id, bela.user_id, cyd.user_id), 0
        )
        assert [track.packets.written >= 60 for track in detail.tracks] == [True] * 3
        check_accounts(detail)
        await handed_over(studio)
        assert studio.nickname is None
        assert not studio.bot_is_there

    async def test_people_are_told_before_the_first_packet_is_written(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.request()
        await until(lambda: studio.said(studio.voice.id))
        told = studio.said(studio.voice.id)[0]
        await studio.house.until(recording, "recording")

        assert "being recorded" in told
        assert (studio.nickname or "").startswith("🔴")
        await studio.gather(ada)
        await ada.say(babble(10, seed=1))
        await studio.finish(recording)
        assert studio.said(studio.voice.id)[-1].startswith("⏹")
