"""Segments, from announced to acknowledged."""

import hashlib

import msgspec
import pytest

from contracts.ids import new_id
from contracts.media import Gap, SegmentState

from .people import Community, Json, Recorder, Refused, Segment, make_segment, snowflake


@pytest.fixture
async def recording(community: Community, recorder: Recorder) -> Json:
    """One that is being recorded."""
    made = await community.request()
    await recorder.begin(made)
    return made


def changed(segment: Segment, **values: object) -> Segment:
    return Segment(msgspec.structs.replace(segment.wanted, **values), segment.content, segment.packets)


class TestReserve:
    async def test_gives_an_address_that_takes_the_bytes(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())

        reserved = await recorder.reserve(recording, segment)

        assert reserved.state is SegmentState.RESERVED
        assert reserved.track == 1
        assert await recorder.put(reserved, segment.content) == 200

    async def test_gives_an_address_that_takes_no_other_bytes(self, recording: Json, recorder: Recorder) -> None:
        segment = make_segment(snowflake())
        reserved = await recorder.reserve(recording, segment)

        other = bytes(len(segment.content))

        assert await recorder.put(reserved, other) in {400, 403}
        with pytest.raises(Refused) as refusal:
            await recorder.acknowledge(recording, segment)
        assert refusal.value.code == "segment_missing"
