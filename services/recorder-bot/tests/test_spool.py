"""What lies on the recorder's own disk: kept whatever happens, and told."""

import msgspec

from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.recording.recorder_setup import RecorderSetup, check_accounts, handed_over


class TestARefusedSegment:
    async def test_is_kept_aside_and_told_and_the_rest_becomes_ready(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        setup.media.cut()
        await ada.say(babble(150, seed=1))
        sealed = setup.spool / str(recording.id) / "sealed"
        await until(lambda: list(sealed.glob("*.json")))
        await setup.recorder.kill()
        damaged = next(sealed.glob("*.json"))
        wanted = msgspec.json.decode(damaged.read_bytes())
        damaged.write_bytes(msgspec.json.encode(wanted | {"last_sample": wanted["last_sample"] + 1}))

        setup.media.restore()
        await setup.recorder.start()
        detail = await setup.finish(recording)

        refused = setup.spool / str(recording.id) / "refused"
        assert {path.name for path in refused.iterdir()} == {damaged.name, f"{damaged.stem}.ogg"}
        assert "segments_refused" in {warning.code for warning in detail.warnings}
        ready = msgspec.json.decode(await setup.recorder.answers("/readyz"))
        assert ready["checks"]["spool"].startswith("1 segments that media refused")
        await until(lambda: [path.name for path in refused.parent.iterdir()] == ["refused"])


class TestADiskThatFillsUp:
    async def test_is_told_before_it_is_full(self, setup: RecorderSetup) -> None:
        await setup.start(spool_free_bytes_min=str(1 << 60))

        ready = msgspec.json.decode(await setup.recorder.answers("/readyz", status=503))

        assert "are free for the spool" in ready["checks"]["spool"]


class TestAFullDisk:
    async def test_costs_named_gaps_and_a_word_to_people_and_nothing_once_there_is_room(
        self, setup: RecorderSetup
    ) -> None:
        ada = setup.person("ada")
        await setup.start(segment_seconds="60")
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(50, seed=1))
        journal = setup.spool / str(recording.id) / "open.journal"
        await until(lambda: babble(50, seed=1)[49] in journal.read_bytes())

        journal.rename(journal.with_suffix(".aside"))
        journal.symlink_to("/dev/full")
        await ada.say(babble(100, seed=2))
        await until(lambda: _told(setup, "disk is full"))
        journal.unlink()
        journal.with_suffix(".aside").rename(journal)
        await until(lambda: _told(setup, "has room again"))
        await ada.say(babble(50, seed=3))
        detail = await setup.finish(recording)

        [track] = detail.tracks
        recorded = set((await setup.environment.packets(recording))[str(ada.user_id)])
        assert not set(babble(50, seed=1) + babble(50, seed=3)) - recorded
        missing = len(set(babble(100, seed=2)) - recorded)
        named_ms = sum(gap.length_ms for gap in detail.gaps[track.number] if gap.cause == "disk_full")
        assert 0 < missing * 20 <= named_ms
        assert "disk_full" in {warning.code for warning in detail.warnings}
        check_accounts(detail)
        await handed_over(setup)


class TestASegmentThatCannotBeRead:
    async def test_is_set_aside_by_itself_and_the_others_are_uploaded(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start()
        recording = await setup.record()
        await setup.gather(ada)
        setup.media.cut()
        await ada.say(babble(150, seed=1))
        sealed = setup.spool / str(recording.id) / "sealed"
        await until(lambda: len(list(sealed.glob("*.ogg"))) > 1)
        poison = min(sealed.glob("*.ogg"))
        poison.rename(poison.with_suffix(".aside"))
        poison.mkdir()

        setup.media.restore()
        await until(lambda: [path.name for path in sealed.glob("*.ogg")] == [poison.name])

        assert any(line["event"] == "item.set_aside" for line in setup.recorder.log_lines())
        poison.rmdir()
        poison.with_suffix(".aside").rename(poison)
        await setup.finish(recording)
        assert await setup.missing(recording, ada) == {ada.user_id: 0}


class TestTwoRecordersOnOneSpool:
    async def test_only_the_first_works_with_it_and_the_second_says_why_it_does_not(self, setup: RecorderSetup) -> None:
        await setup.start()
        await until((setup.spool / "lock").exists)
        second = setup.replica("second")
        second.environ["RECORDER_BOT_SPOOL_FOLDER"] = str(setup.spool)
        await second.start()

        ready = msgspec.json.decode(await second.answers("/readyz", status=503))
        await setup.recorder.stop()
        freed = msgspec.json.decode(await second.answers("/readyz"))

        assert "another recorder uses this spool" in ready["checks"]["spool"]
        assert freed["status"] == "ok"


def _told(setup: RecorderSetup, words: str) -> bool:
    return any(words in each for each in setup.said(setup.voice.id))
