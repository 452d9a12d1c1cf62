"""Segments, from announced to acknowledged."""

import hashlib
from typing import Any

import msgspec
import pytest

from contracts.ids import new_id
from contracts.media import Finished, Gap, SegmentState, Stopped

from .people import Community, Json, Recorder, Refused, Segment, make_segment, snowflake


@pytest.fixture
async def recording(community: Community, recorder: Recorder) -> Json:
    """One that is being recorded."""
    made = await community.request()
    await recorder.begin(made)
    return made


def changed(segment: Segment, **values: Any) -> Segment:
    return Segment(msgspec.structs.replace(segment.wanted, **values), segment.content, segment.packets)


async def refusal_of(asking: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.code


class TestReserve:
    async def test_gives_an_address_that_takes_the_bytes(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())

        reserved = await recorder.reserve(recording, segment)

        assert (reserved.state, reserved.track) == (SegmentState.RESERVED, 1)
        assert await recorder.put(reserved, segment.content) == 200

    async def test_gives_an_address_that_takes_no_other_bytes(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        reserved = await recorder.reserve(recording, segment)

        assert await recorder.put(reserved, bytes(len(segment.content))) in {400, 403}

        assert await refusal_of(recorder.acknowledge(recording, segment)) == "segment_missing"

    async def test_repeated_gives_an_address_again(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        first = await recorder.reserve(recording, segment)

        again = await recorder.reserve(recording, segment)

        assert (again.state, again.track) == (SegmentState.RESERVED, first.track)
        assert await recorder.put(again, segment.content) == 200

    async def test_repeated_after_the_acknowledgement_says_so(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        await recorder.deliver(recording, segment)

        again = await recorder.reserve(recording, segment)

        assert (again.state, again.url) == (SegmentState.ACKNOWLEDGED, None)

    async def test_refuses_other_contents_under_the_same_id(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        await recorder.reserve(recording, segment)

        other = changed(segment, sha256=hashlib.sha256(b"other").hexdigest())

        assert await refusal_of(recorder.reserve(recording, other)) == "segment_differs"

    async def test_numbers_tracks_by_speaker(self, recording: Json, recorder: Recorder) -> None:
        ann, ben = snowflake(), snowflake()

        tracks = [
            (await recorder.reserve(recording, make_segment(who, first_ms=at))).track
            for who, at in ((ann, 0), (ben, 0), (ann, 2000))
        ]

        assert tracks == [1, 2, 1]

    async def test_refuses_who_has_opted_out(self, community: Community, recording: Json, recorder: Recorder) -> None:
        shy = snowflake()
        choice = {"choice": "opted_out"}
        await community.bot(shy).do("PUT", f"/{recording['id']}/consent", choice)

        assert await refusal_of(recorder.reserve(recording, make_segment(shy))) == "opted_out"

    @pytest.mark.parametrize(
        "values",
        [
            {"size": 0},
            {"size": 4_000_001},
            {"sha256": "0" * 63},
            {"sha256": "G" * 64},
            {"first_sample": -960},
            {"first_sample": 7},
            {"last_sample": 0},
            {"last_sample": 121 * 48_000},
            {"last_sample": 10**15},
            {"discord_id": "nobody"},
            {"gaps": (Gap(start_ms=-1, length_ms=1, cause="lost"),)},
        ],
        ids=lambda values: next(iter(values)),
    )
    async def test_refuses_what_no_segment_is(
        self, recording: Json, recorder: Recorder, values: dict[str, Any]
    ) -> None:
        assert await refusal_of(recorder.reserve(recording, changed(make_segment(snowflake()), **values))) == (
            "invalid_input"
        )

    async def test_comes_after_joining(self, community: Community, recorder: Recorder) -> None:
        recording = await community.request()
        await recorder.claim(recording)

        assert await refusal_of(recorder.reserve(recording, make_segment(snowflake()))) == "not_now"

    async def test_is_over_when_the_recorder_has_finished(self, recording: Json, recorder: Recorder) -> None:
        await recorder.finish(recording, position_ms=1000)

        assert await refusal_of(recorder.reserve(recording, make_segment(snowflake()))) == "recording_over"

    async def test_needs_no_lease(self, recording: Json, recorder: Recorder) -> None:
        recorder.lease_id = new_id()

        await recorder.deliver(recording, make_segment(snowflake()))


class TestAcknowledge:
    async def test_repeated_says_the_same(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        await recorder.deliver(recording, segment)

        again = await recorder.acknowledge(recording, segment)

        assert again == {"id": str(segment.wanted.id), "track": 1, "sha256": segment.wanted.sha256}

    async def test_knows_no_segment_that_was_not_reserved(self, recording: Json, recorder: Recorder) -> None:
        assert await refusal_of(recorder.acknowledge(recording, make_segment(snowflake()))) == "not_found"

    async def test_waits_for_the_upload(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        await recorder.reserve(recording, segment)

        assert await refusal_of(recorder.acknowledge(recording, segment)) == "segment_missing"

    async def test_refuses_what_is_no_ogg(self, recording: Json, recorder: Recorder) -> None:
        content = b"no pages at all"
        sha256 = hashlib.sha256(content).hexdigest()
        segment = changed(make_segment(snowflake()), size=len(content), sha256=sha256)
        assert await recorder.put(await recorder.reserve(recording, segment), content) == 200

        assert await refusal_of(recorder.acknowledge(recording, segment)) == "segment_unreadable"

    async def test_refuses_audio_of_another_length(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        longer = changed(segment, last_sample=segment.wanted.last_sample + 960)
        await recorder.put(await recorder.reserve(recording, longer), segment.content)

        assert await refusal_of(recorder.acknowledge(recording, longer)) == "segment_unreadable"

    async def test_refuses_who_has_opted_out_meanwhile(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        shy = snowflake()
        segment = make_segment(shy)
        await recorder.put(await recorder.reserve(recording, segment), segment.content)
        choice = {"choice": "opted_out"}

        await community.bot(shy).do("PUT", f"/{recording['id']}/consent", choice)

        assert await refusal_of(recorder.acknowledge(recording, segment)) == "opted_out"

    async def test_works_while_the_recording_is_finishing(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        await recorder.report(recording, Stopped(position_ms=2000))

        await recorder.deliver(recording, segment)
        await recorder.report(recording, Finished())

    async def test_shows_the_gaps_that_were_told(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        gap = Gap(start_ms=500, length_ms=40, cause="lost")
        segment = changed(make_segment(snowflake()), gaps=(gap,))

        await recorder.deliver(recording, segment)

        shown = await community.show(recording)
        assert shown["gaps"] == {"1": [msgspec.to_builtins(gap)]}
        [track] = shown["tracks"]
        assert (track["acknowledged_ms"], track["gap_count"], track["gap_ms"]) == (2000, 1, 40)
