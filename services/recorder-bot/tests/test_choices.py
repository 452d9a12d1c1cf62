"""What people decide while it records: opting out, pausing, and what Discord's moderators do."""

from contracts.media import Choice, ConsentWanted, StopReason
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from testkit.recording.studio import Studio, check_accounts, handed_over


class TestOptingOut:
    async def test_not_a_byte_of_theirs_is_on_disk_or_in_a_track(self, studio: Studio) -> None:
        ada, bela = studio.person("ada"), studio.person("bela")
        await studio.start()
        recording = await studio.request()
        await studio.house.choose(recording, bela.user_id, ConsentWanted(choice=Choice.OPTED_OUT))
        await studio.house.until(recording, "recording")
        await studio.gather(ada, bela)
        studio.media.cut()  # so that the spool keeps everything

        said = babble(60, seed=2)
        await ada.say(babble(30, seed=1))
        await bela.say(said)
        await until(lambda: babble(30, seed=1)[29] in studio.spooled())

        spooled = studio.spooled()
        assert not [one for one in said if one[1:20] in spooled]
        studio.media.mend()
        detail = await studio.finish(recording)
        assert [track.speaker.discord_id for track in detail.tracks] == [str(ada.user_id)]
        assert said[0][1:20] not in studio.recorder.log.read_bytes()

    async def test_who_opts_out_while_it_runs_is_erased_from_the_spool_and_heard_no_more(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start(segment_seconds="60")
        recording = await studio.record()
        await studio.gather(ada)
        before, after = babble(30, seed=1), babble(30, seed=2)
        await ada.say(before)
        await until(lambda: before[29] in studio.spooled())

        await studio.house.choose(recording, ada.user_id, ConsentWanted(choice=Choice.OPTED_OUT))
        await until(lambda: before[0][1:20] not in studio.spooled())
        await ada.say(after)

        assert not [one for one in before + after if one[1:20] in studio.spooled()]
        await studio.finish(recording)


class TestPausing:
    async def test_nothing_is_written_and_the_time_stands_still(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(20, seed=1))
        await studio.house.order(recording, "pause")
        await until(lambda: (studio.nickname or "").startswith("⏸"))

        unheard = babble(50, seed=2)
        await ada.say(unheard)
        await studio.house.order(recording, "resume")
        await until(lambda: (studio.nickname or "").startswith("🔴"))
        await until(lambda: any("goes on" in said for said in studio.said(studio.voice.id)))
        await studio.house.until(recording, "recording")
        detail = await studio.finish(recording)

        recorded = (await studio.house.packets(recording))[str(ada.user_id)]
        assert set(babble(20, seed=1)) <= set(recorded)
        assert not set(unheard) & set(recorded)
        check_accounts(detail)


class TestModerators:
    async def test_moved_it_goes_along_and_tells_people_there(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        ada.join(studio.attic.id)
        studio.sim.world.move_voice(studio.guild.id, user_id=studio.bot.id, channel_id=studio.attic.id)
        await until(lambda: studio.said(studio.attic.id))
        await together(ada)

        await ada.say(babble(30, seed=1))
        await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}

    async def test_moved_it_ends_where_that_is_wished(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start(on_move="finish")
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(30, seed=1))

        studio.sim.world.move_voice(studio.guild.id, user_id=studio.bot.id, channel_id=studio.attic.id)
        detail = await studio.house.until(recording, "ready")

        assert detail.stop_reason is StopReason.REMOVED
        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        await until(lambda: not studio.bot_is_there)

    async def test_kicked_it_ends_the_recording_and_keeps_what_there_is(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(30, seed=1))

        studio.sim.world.leave_voice(studio.guild.id, user_id=studio.bot.id)
        detail = await studio.house.until(recording, "ready")

        assert detail.stop_reason is StopReason.REMOVED
        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        await handed_over(studio)

    async def test_an_empty_channel_ends_it_and_says_why(self, studio: Studio) -> None:
        await studio.start(empty_minutes_max="0.02")
        recording = await studio.record()

        detail = await studio.house.until(recording, "ready")

        assert detail.stop_reason is StopReason.EMPTY
        assert "everybody has left" in studio.said(studio.voice.id)[-1]
