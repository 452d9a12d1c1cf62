"""What people decide while it records: opting out, pausing, and what Discord's moderators do."""

from contracts.media import Choice, ConsentWanted, StopReason
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over


class TestOptingOut:
    async def test_not_a_byte_of_theirs_is_on_disk_or_in_a_track(self, setup: RecorderSetup) -> None:
        ada, bela = setup.person("ada"), setup.person("bela")
        await setup.start()
        recording = await setup.request()
        await setup.environment.choose(recording, bela.user_id, ConsentWanted(choice=Choice.OPTED_OUT))
        await setup.environment.until(recording, "recording")
        await setup.gather(ada, bela)
        setup.media.cut()  # so that the spool keeps everything

        said = babble(60, seed=2)
        await ada.say(babble(30, seed=1))
        await bela.say(said)
        await until(lambda: babble(30, seed=1)[29] in setup.spooled())

        spooled = setup.spooled()
        assert not [one for one in said if one[1:20] in spooled]
        setup.media.restore()
        detail = await setup.finish(recording)
        assert [track.speaker.discord_id for track in detail.tracks] == [str(ada.user_id)]
        assert said[0][1:20] not in setup.recorder.log.read_bytes()

    async def test_opting_out_while_it_runs_erases_the_spool_and_records_no_more(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start(segment_seconds="60")
        recording = await setup.record()
        await setup.gather(ada)
        before, after = babble(30, seed=1), babble(30, seed=2)
        await ada.say(before)
        await until(lambda: before[29] in setup.spooled())

        await setup.environment.choose(recording, ada.user_id, ConsentWanted(choice=Choice.OPTED_OUT))
        await until(lambda: before[0][1:20] not in setup.spooled())
        await ada.say(after)

        assert not [one for one in before + after if one[1:20] in setup.spooled()]
        await setup.finish(recording)


class TestPausing:
    async def test_nothing_is_written_and_the_time_stands_still(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(20, seed=1))
        await setup.environment.order(recording, "pause")
        await until(lambda: (setup.nickname or "").startswith("⏸"))

        unheard = babble(50, seed=2)
        await ada.say(unheard)
        await setup.environment.order(recording, "resume")
        await until(lambda: (setup.nickname or "").startswith("🔴"))
        await until(lambda: any("goes on" in said for said in setup.said(setup.voice.id)))
        await setup.environment.until(recording, "recording")
        detail = await setup.finish(recording)

        recorded = (await setup.environment.packets(recording))[str(ada.user_id)]
        assert set(babble(20, seed=1)) <= set(recorded)
        assert not set(unheard) & set(recorded)
        check_accounts(detail)


class TestModerators:
    async def test_moved_it_goes_along_and_tells_people_there(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        ada.join(setup.other_voice.id)
        setup.sim.world.move_voice(setup.guild.id, user_id=setup.bot.id, channel_id=setup.other_voice.id)
        await until(lambda: setup.said(setup.other_voice.id))
        await together(ada)

        await ada.say(babble(30, seed=1))
        await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}

    async def test_moved_it_ends_where_that_is_wished(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start(on_move="finish")
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(30, seed=1))

        setup.sim.world.move_voice(setup.guild.id, user_id=setup.bot.id, channel_id=setup.other_voice.id)
        detail = await setup.environment.until(recording, "ready")

        assert detail.stop_reason is StopReason.REMOVED
        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        await until(lambda: not setup.bot_is_there)

    async def test_kicked_it_ends_the_recording_and_keeps_what_there_is(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(30, seed=1))

        setup.sim.world.leave_voice(setup.guild.id, user_id=setup.bot.id)
        detail = await setup.environment.until(recording, "ready")

        assert detail.stop_reason is StopReason.REMOVED
        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        await handed_over(setup)

    async def test_an_empty_channel_ends_it_and_says_why(self, setup: RecorderSetup) -> None:
        await setup.start(empty_minutes_max="0.02")
        recording = await setup.record()

        detail = await setup.environment.until(recording, "ready")

        assert detail.stop_reason is StopReason.EMPTY
        assert "everyone has left" in setup.said(setup.voice.id)[-1]
