"""From the tracks to the disk: what was taken in hand arrives there, also when the writer is cancelled."""

import asyncio
import time
from pathlib import Path

import pytest

from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import Claimed, Orders, RecorderLimits, Recording, RecordingState
from contracts.times import now
from recorder_bot.domain.clock import RecordingClock
from recorder_bot.domain.state import Checkpoint, SessionState
from recorder_bot.domain.track import Cut
from recorder_bot.domain.tracks import Tracks
from recorder_bot.store.spool import Folder
from recorder_bot.usecases.report_queue import ReportQueue
from recorder_bot.usecases.segment_writer import SegmentWriter
from voice import ogg
from voice.events import Frame

STEPS = 12
FRAMES = 10


def state() -> SessionState:
    recording = Recording(
        id=RecordingId(new_id()),
        space_id=SpaceId(new_id()),
        guild_id="1",
        voice_channel_id="2",
        state=RecordingState.RECORDING,
        created_at=now(),
    )
    orders = Orders(state=RecordingState.RECORDING, opted_out=(), lease_expires_at=now())
    limits = RecorderLimits(length_ms_max=10**9, bytes_max=10**9, tracks_max=9, segment_bytes_max=10**6)
    claimed = Claimed(recording=recording, lease_id=new_id(), orders=orders, limits=limits)
    return SessionState(claimed=claimed, identity="3", state=RecordingState.RECORDING)


class TestCancelledWriting:
    @pytest.mark.parametrize("after_steps", range(STEPS))
    async def test_loses_nothing_and_keeps_the_order(self, tmp_path: Path, after_steps: int) -> None:
        folder, tracks = Folder(tmp_path), Tracks(cut=Cut(samples_max=480_000, bytes_max=10**6), tracks_max=9)
        reports = ReportQueue(folder, state())
        writer = SegmentWriter(tracks, folder=folder, reports=reports, checkpoint=Checkpoint(), name_of=str)
        tracks.run(RecordingClock(at_ns=time.monotonic_ns(), samples=0))
        said = [b"\xf8" + number.to_bytes(20, "big") for number in range(2 * FRAMES)]

        hear(tracks, said[:FRAMES], first=0)
        writing = asyncio.create_task(writer.write())
        for _ in range(after_steps):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        hear(tracks, said[FRAMES:], first=FRAMES)
        await writer.write(last=True)

        await folder.seal_all()
        [segment] = await folder.waiting()
        audio = b"".join(page.body for page in ogg.pages(await folder.read(segment)))
        places = [audio.find(packet) for packet in said]
        assert places == sorted(places)
        assert -1 not in places


def hear(tracks: Tracks, packets: list[bytes], *, first: int) -> None:
    for number, packet in enumerate(packets, start=first):
        tracks.hear(Frame(5, 1005, number, number * 960, time.monotonic_ns(), packet))
