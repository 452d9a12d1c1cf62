"""A recording's life and a file's layout, without anything around them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import Anchor, Recording, RecordingState, Speaker, StopReason
from contracts.times import now
from media.domain import life, pages
from media.domain.assembly import File, Segment, layout_track
from media.domain.life import StoredRecording
from testkit.opus_files import opinion
from voice import ogg

from .people import make_segment

AT = now()
State = RecordingState


def stored(state: RecordingState, *, anchor: Anchor | None = None, duration_ms: int = 0) -> StoredRecording:
    recording = Recording(
        id=RecordingId(new_id()),
        space_id=SpaceId(new_id()),
        guild_id="1",
        voice_channel_id="2",
        state=state,
        duration_ms=duration_ms,
        created_at=AT,
    )
    return StoredRecording(recording=recording, anchor=anchor, touched_at=AT)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


class TestStop:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (State.REQUESTED, State.FAILED),
            (State.JOINING, State.FAILED),
            (State.RECORDING, State.FINISHING),
            (State.PAUSED, State.FINISHING),
            (State.FINISHING, State.FINISHING),
            (State.READY, State.READY),
            (State.FAILED, State.FAILED),
        ],
    )
    def test_from_every_state(self, before: RecordingState, expected: RecordingState) -> None:
        stopped = life.stop(stored(before), at=AT, reason=StopReason.ASKED)

        assert stopped.state is expected


class TestPosition:
    def test_goes_on_from_the_anchor(self) -> None:
        running = stored(State.RECORDING, anchor=Anchor(at=AT, position_ms=500))

        assert running.position(after(2)) == 2500

    def test_stands_still_while_paused(self) -> None:
        running = stored(State.RECORDING, anchor=Anchor(at=AT, position_ms=0))

        paused = life.pause(running, at=after(3))
        resumed = life.resume(paused, at=after(100))

        assert paused.position(after(50)) == 3000
        assert resumed.position(after(101)) == 4000

    def test_ends_with_the_recording(self) -> None:
        running = stored(State.RECORDING, anchor=Anchor(at=AT, position_ms=0))

        stopped = life.stop(running, at=after(3), reason=StopReason.ASKED)

        assert stopped.position(after(100)) == 3000


def file_of(*, until_ms: int) -> tuple[File, bytes]:
    """Two segments on an odd grid, a hole between them."""
    made = [make_segment("1", first_ms=first_ms, seed=first_ms) for first_ms in (65, 70_000)]
    contents = {one.wanted.id: one.content for one in made}
    segments = [
        Segment(
            id=one.wanted.id,
            key="",
            first_sample=one.wanted.first_sample,
            last_sample=one.wanted.last_sample,
            size=len(one.content),
            sha256=one.wanted.sha256,
            measured=pages.measure(one.content),
        )
        for one in made
    ]
    speaker = Speaker(discord_id="1", name="Ann")
    file = layout_track(RecordingId(new_id()), 1, speaker=speaker, segments=segments, until_ms=until_ms)
    written = b""
    for piece in file.pieces:
        at = {"serial": file.serial, "page": piece.page, "sample": piece.sample}
        if piece.segment is not None:
            part = pages.placed(contents[piece.segment.id], **at)
        else:
            part = piece.header or pages.silence(piece.silence, **at, end=piece.end)
        assert len(part) == piece.size
        written += part
    return file, written


class TestAFile:
    @pytest.mark.parametrize("until_ms", [72_000, 72_001, 72_019, 100_003, 200_000])
    def test_is_as_large_and_as_long_as_it_was_laid_out(self, until_ms: int) -> None:
        file, written = file_of(until_ms=until_ms)

        assert len(written) == file.size
        assert (list(ogg.pages(written))[-1].granule - ogg.PRE_SKIP) / 48 == until_ms

    def test_leaves_players_nothing_to_say(self, tmp_path: Path) -> None:
        path = tmp_path / "track.ogg"
        path.write_bytes(file_of(until_ms=100_000)[1])

        found = opinion(path)

        assert found.faults == []
        assert found.seconds == pytest.approx(100.0)
