"""What lies on the recorder's own disk: kept whatever happens, and told."""

from pathlib import Path

import msgspec

from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.recording.recorder_setup import RecorderSetup, handed_over


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


class TestAFailure:
    async def test_of_one_recording_is_gone_on_from_the_spool(self, setup: RecorderSetup) -> None:
        ada = setup.person("ada")
        await setup.start(failed_seconds="0.1")
        recording = await setup.record()
        await setup.gather(ada)
        await ada.say(babble(30, seed=1))
        await until(lambda: babble(30, seed=1)[29] in setup.spooled())

        # A folder where a file is to be written stands for any disk that fails for a while.
        obstacle = setup.spool / str(recording.id) / "alive.new"
        await until(lambda: _put(obstacle))
        await until(lambda: any(line["event"] == "recording.failed" for line in setup.recorder.log_lines()))
        obstacle.rmdir()
        await until(lambda: any("goes on" in each for each in setup.said(setup.voice.id)), timeout_seconds=15)
        detail = await setup.finish(recording)

        assert await setup.missing(recording, ada) == {ada.user_id: 0}
        assert "recorder_restarted" in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        await handed_over(setup)


def _put(folder: Path) -> bool:
    """Not while the recorder is writing there itself."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
