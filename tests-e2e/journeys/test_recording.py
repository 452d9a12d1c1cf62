"""From `/link` and `/space link` in a (simulated) Discord server to one playable track per speaker."""

import asyncio
import shutil
from collections.abc import Generator

import aiohttp
import pytest

from contracts.media import RecordingState
from testkit import folders
from testkit.client import Person
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
    async def test_has_one_whole_track_per_speaker(self, idle_run: Run) -> None:
        async with guild_of(idle_run) as guild:
            account, recording = await record(
                guild, idle_run, sentences=SENTENCES, seconds=SENTENCE_SECONDS, say=lambda _: None
            )
            async with aiohttp.ClientSession() as http:
                ann = Person(http, idle_run.url, email=account.email)
                await ann.log_in()
                space = await ann.call("GET", f"/api/v1/spaces/{recording.space_id}")
                channel = await ann.call("GET", f"/api/v1/channels/{recording.channel_id}")
                written = await ann.call("GET", "/api/v1/auth/security-log")
            files = await download(account, recording, idle_run.data / "tracks")

            assert space["guild_id"] == str(guild.guild.id)
            assert "messaging.space_changed" in {one["detail"] for one in written["items"]}
            assert channel["recording_id"] == str(recording.id)
            assert recording.state is RecordingState.READY
            assert {track.speaker.name for track in recording.tracks} == set(NAMES)
            for file in files:
                packets = list(ogg.packets(await asyncio.to_thread(file.read_bytes)))
                samples = sum(opus.samples(packet) for packet in packets if not packet.startswith(b"Opus"))
                assert abs(samples / SAMPLES_PER_MS - recording.duration_ms) <= 20
