"""What lies on the recorder's own disk: kept whatever happens, and told."""

from pathlib import Path

import msgspec

from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.recording.studio import Studio, handed_over


class TestARefusedSegment:
    async def test_is_kept_aside_and_told_and_the_rest_becomes_ready(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start()
        recording = await studio.record()
        await studio.gather(ada)
        studio.media.cut()
        await ada.say(babble(150, seed=1))
        sealed = studio.spool / str(recording.id) / "sealed"
        await until(lambda: list(sealed.glob("*.json")))
        await studio.recorder.kill()
        damaged = next(sealed.glob("*.json"))
        wanted = msgspec.json.decode(damaged.read_bytes())
        damaged.write_bytes(msgspec.json.encode(wanted | {"last_sample": wanted["last_sample"] + 1}))

        studio.media.mend()
        await studio.recorder.start()
        detail = await studio.finish(recording)

        refused = studio.spool / str(recording.id) / "refused"
        assert {path.name for path in refused.iterdir()} == {damaged.name, f"{damaged.stem}.ogg"}
        assert "segments_refused" in {warning.code for warning in detail.warnings}
        ready = msgspec.json.decode(await studio.recorder.answers("/readyz"))
        assert ready["checks"]["spool"].startswith("1 segments that media refused")
        await until(lambda: [path.name for path in refused.parent.iterdir()] == ["refused"])


class TestADiskThatFillsUp:
    async def test_is_told_before_it_is_full(self, studio: Studio) -> None:
        await studio.start(spool_free_bytes_min=str(1 << 60))

        ready = msgspec.json.decode(await studio.recorder.answers("/readyz", status=503))

        assert "are free for the spool" in ready["checks"]["spool"]


class TestAFailure:
    async def test_of_one_recording_is_gone_on_from_the_spool(self, studio: Studio) -> None:
        ada = studio.person("ada")
        await studio.start(failed_seconds="0.1")
        recording = await studio.record()
        await studio.gather(ada)
        await ada.say(babble(30, seed=1))
        await until(lambda: babble(30, seed=1)[29] in studio.spooled())

        # A folder where a file is to be written stands for any disk that fails for a while.
        obstacle = studio.spool / str(recording.id) / "alive.new"
        await until(lambda: _put(obstacle))
        await until(lambda: any(line["event"] == "recording.failed" for line in studio.recorder.log_lines()))
        obstacle.rmdir()
        await until(lambda: any("goes on" in each for each in studio.said(studio.voice.id)), timeout_seconds=15)
        detail = await studio.finish(recording)

        assert await studio.missing(recording, ada) == {ada.user_id: 0}
        assert "recorder_restarted" in {gap.cause for gaps in detail.gaps.values() for gap in gaps}
        await handed_over(studio)


def _put(folder: Path) -> bool:
    """Not while the recorder is writing there itself."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
