"""From `/link` and `/space link` in a (simulated) Discord server to one playable track per speaker."""

import asyncio
import shutil
from collections.abc import Generator

import pytest

from contracts.media import RecordingState
from testkit import folders
from testkit.demo import NAMES, download, guild_of, record
from testkit.runs import Run
from voice import ogg, opus

SENTENCES = 2
SENTENCE_SECONDS = 2.0
SAMPLES_PER_MS = 48


@pytest.fixture
def idle_run() -> Generator[Run]:
    folder = folders.make()
    yield Run(folder)
    shutil.rmtree(folder, ignore_errors=True)


class TestARecording:
    @pytest.mark.timeout(300)
    async def test_has_one_whole_track_per_speaker(self, idle_run: Run) -> None:
        async with guild_of(idle_run) as guild:
            account, recording = await record(
                guild, idle_run, sentences=SENTENCES, seconds=SENTENCE_SECONDS, say=lambda _: None
            )
            space = await account.call("GET", f"/api/v1/spaces/{recording.space_id}")
            written = await account.call("GET", "/api/v1/auth/security-log")
            files = await download(account, recording, idle_run.data / "tracks")

            assert space["guild_id"] == str(guild.guild.id)
            assert "messaging.space_changed" in {one["detail"] for one in written["items"]}
            assert recording.state is RecordingState.READY
            assert {track.speaker.name for track in recording.tracks} == set(NAMES)
            for file in files:
                packets = list(ogg.packets(await asyncio.to_thread(file.read_bytes)))
                samples = sum(opus.samples(packet) for packet in packets if not packet.startswith(b"Opus"))
                assert abs(samples / SAMPLES_PER_MS - recording.duration_ms) <= 20
