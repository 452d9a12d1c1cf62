"""What recorders claim and report."""

from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import new_id
from contracts.media import (
    Anchor,
    Failed,
    Finished,
    Gap,
    Joined,
    Missed,
    PacketCounts,
    Paused,
    Progressed,
    RecordingState,
    RecordingWarning,
    Report,
    Resumed,
    Stopped,
    StopReason,
    Warned,
)
from contracts.times import now

from .people import Community, Json, Recorder, Refused, make_segment, set_column, snowflake


async def take_all_but(recording: Json, engine: AsyncEngine) -> None:
    """Somebody else has them: an offer has room for so many, and those of other tests are older."""
    taking = text("update recordings set lease_holder = 'somebody', lease_expires_at = :until where id != :id")
    async with engine.begin() as connection:
        await connection.execute(taking, {"until": now() + timedelta(hours=1), "id": UUID(recording["id"])})


@pytest.fixture
async def recording(community: Community) -> Json:
    return await community.request()


@pytest.fixture
def other(recorder: Recorder) -> Recorder:
    """Another recorder, of another identity."""
    made = Recorder.__new__(Recorder)
    made.__dict__ |= recorder.__dict__ | {"identity": snowflake(), "holder": "recorder-2", "lease_id": None}
    return made


async def code_of(asking: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.code


class TestClaim:
    async def test_begins_the_way_to_the_voice_channel(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        claimed = await recorder.claim(recording)

        assert (claimed.recording.state, claimed.anchor) == (RecordingState.JOINING, None)
        assert claimed.orders.lease_expires_at > now()
        assert await community.told() == ["recording_requested", "recording_claimed"]

    async def test_is_for_one_recorder(self, recording: Json, recorder: Recorder, other: Recorder) -> None:
        await recorder.claim(recording)

        with pytest.raises(Refused) as refusal:
            await other.claim(recording)

        assert refusal.value.code == "already_claimed"

    async def test_is_given_back_to_the_same_holder_at_once(self, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording, seconds_ago=30)
        old = recorder.lease_id
        ann = snowflake()
        await recorder.deliver(recording, make_segment(ann, seconds=2))

        again = await recorder.claim(recording)

        assert again.recording.state is RecordingState.RECORDING
        assert again.anchor is not None
        assert [(one.discord_id, one.last_sample) for one in again.tracks] == [(ann, 96_000)]
        new, recorder.lease_id = recorder.lease_id, old
        assert new != old
        assert await code_of(recorder.report(recording, Progressed(position_ms=1))) == "lease_lost"

    async def test_passes_to_another_when_the_lease_ran_out(
        self, recording: Json, recorder: Recorder, other: Recorder, engine: AsyncEngine
    ) -> None:
        await recorder.begin(recording)
        await set_column(engine, recording, lease_expires_at=now() - timedelta(seconds=1))

        claimed = await other.claim(recording)

        assert claimed.recording.id is not None
        assert claimed.recording.state is RecordingState.RECORDING
        assert await code_of(recorder.report(recording, Progressed(position_ms=1))) == "lease_lost"

    async def test_is_one_per_identity_and_guild(self, community: Community, recorder: Recorder) -> None:
        first, second = await community.request(), await community.request()
        await recorder.claim(first)

        assert await code_of(recorder.claim(second)) == "identity_busy"

    async def test_is_over_when_the_recording_is(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await community.ann.do("POST", f"/{recording['id']}/stop")

        assert await code_of(recorder.claim(recording)) == "recording_over"

    async def test_is_shown_to_who_may(
        self, recording: Json, recorder: Recorder, other: Recorder, engine: AsyncEngine
    ) -> None:
        async def offered(who: Recorder) -> bool:
            found = await who.do("GET", "/internal/recordings/claimable", holder=who.holder)
            return recording["id"] in {one["id"] for one in found}

        await take_all_but(recording, engine)
        before = await offered(other)
        await recorder.claim(recording)
        meanwhile = (await offered(recorder), await offered(other))
        await set_column(engine, recording, lease_expires_at=now())
        after = await offered(other)

        assert (before, meanwhile, after) == (True, (True, False), True)

    async def test_is_for_services(self, community: Community, recording: Json) -> None:
        path = f"/internal/recordings/{recording['id']}/claim"
        body = {"identity": "1", "holder": "x"}

        assert await code_of(community.ann.do("POST", path, body)) == "unauthenticated"


class TestReport:
    async def test_joined_begins(self, community: Community, recording: Json, recorder: Recorder) -> None:
        await recorder.claim(recording)
        joined = Joined(anchor=Anchor(at=now(), position_ms=0))

        orders = [await recorder.report(recording, joined) for _ in range(2)]

        assert [one.state for one in orders] == [RecordingState.RECORDING] * 2
        assert (await community.told())[2:] == ["recording_started"]
        assert (await community.show(recording))["started_at"]

    async def test_progressed_counts(self, community: Community, recording: Json, recorder: Recorder) -> None:
        ann = snowflake()
        await recorder.begin(recording)
        await recorder.hear(recording, ann, "Ann", ssrc=7)
        counts = PacketCounts(received=10, written=8, lost=1, dropped={"late": 2})

        await recorder.report(recording, Progressed(position_ms=4200, packets={ann: counts}))

        shown = await community.show(recording)
        assert shown["duration_ms"] == 4200
        assert shown["tracks"][0]["packets"] == {"received": 10, "written": 8, "lost": 1, "dropped": {"late": 2}}
        assert shown["tracks"][0]["speaker"]["name"] == "Ann"
        assert (await community.told())[-1] == "recording_progressed"

    async def test_heard_knows_whose_account_it_is(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await recorder.begin(recording)

        await recorder.hear(recording, community.ann.discord_id, "Ann")

        [track] = (await community.show(recording))["tracks"]
        assert track["speaker"]["user_id"] == str(community.ann.id)

    async def test_heard_makes_no_track_of_who_opted_out(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        shy = snowflake()
        await community.bot(shy).do("PUT", f"/{recording['id']}/consent", {"choice": "opted_out"})
        await recorder.begin(recording)

        orders = await recorder.hear(recording, shy, "Shy")

        assert orders.opted_out == (shy,)
        assert (await community.show(recording))["tracks"] == []

    async def test_answers_what_people_ordered(self, community: Community, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)
        await community.ann.do("POST", f"/{recording['id']}/pause")

        orders = await recorder.report(recording, Progressed(position_ms=10))

        assert orders.state is RecordingState.PAUSED

    async def test_paused_and_resumed_say_where_it_stands(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await recorder.begin(recording, seconds_ago=100)
        await community.ann.do("POST", f"/{recording['id']}/pause")
        await recorder.report(recording, Paused(anchor=Anchor(at=now() - timedelta(seconds=50), position_ms=7000)))

        paused = await community.ann.do("POST", f"/{recording['id']}/notes", {"text": "paused"})
        await community.ann.do("POST", f"/{recording['id']}/resume")
        await recorder.report(recording, Resumed(anchor=Anchor(at=now() - timedelta(seconds=3), position_ms=7000)))
        resumed = await community.ann.do("POST", f"/{recording['id']}/notes", {"text": "resumed"})

        assert paused["at_ms"] == 7000
        assert 10_000 <= resumed["at_ms"] < 15_000

    async def test_missed_stands_in_every_track_or_in_one(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        ann, ben = snowflake(), snowflake()
        await recorder.begin(recording)
        await recorder.hear(recording, ann, "Ann")
        await recorder.hear(recording, ben, "Ben")
        for _ in range(2):
            await recorder.report(recording, Missed(gap=Gap(start_ms=10, length_ms=5, cause="restart")))
        await recorder.report(recording, Missed(gap=Gap(start_ms=20, length_ms=5, cause="lost"), discord_id=ben))

        gaps = (await community.show(recording))["gaps"]

        assert [gap["cause"] for gap in gaps["1"]] == ["restart"]
        assert [gap["cause"] for gap in gaps["2"]] == ["restart", "lost"]

    async def test_warned_is_shown_once(self, community: Community, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)
        warned = Warned(warning=RecordingWarning(code="no_audio", at=now()))

        for _ in range(2):
            await recorder.report(recording, warned)

        assert [one["code"] for one in (await community.show(recording))["warnings"]] == ["no_audio"]
        assert (await community.told()).count("recording_progressed") == 1

    async def test_stopped_ends_by_a_limit(self, community: Community, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)

        orders = [
            await recorder.report(recording, Stopped(position_ms=5000, reason=StopReason.LENGTH)) for _ in range(2)
        ]

        assert [one.state for one in orders] == [RecordingState.FINISHING] * 2
        shown = await community.show(recording)
        assert (shown["duration_ms"], shown["stop_reason"]) == (5000, "length")
        assert (await community.told()).count("recording_finished") == 1

    async def test_stopped_after_people_stopped_it_only_measures(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await recorder.begin(recording)
        await community.ann.do("POST", f"/{recording['id']}/stop")

        await recorder.report(recording, Stopped(position_ms=1234, reason=StopReason.EMPTY))

        shown = await community.show(recording)
        assert (shown["duration_ms"], shown["stop_reason"]) == (1234, "asked")

    async def test_finished_comes_after_stopped(self, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)

        assert await code_of(recorder.report(recording, Finished())) == "not_now"

    async def test_failed_before_anything_was_recorded(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await recorder.claim(recording)

        orders = [await recorder.report(recording, Failed(reason="No way in")) for _ in range(2)]

        assert [one.state for one in orders] == [RecordingState.FAILED] * 2
        assert (await community.show(recording))["failure"] == "No way in"
        assert (await community.told())[2:] == ["recording_failed"]

    async def test_failed_later_keeps_what_there_is(self, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)

        assert (await recorder.report(recording, Failed(reason="Kicked"))).state is RecordingState.FINISHING

    async def test_of_a_stranger_is_refused(self, recording: Json, recorder: Recorder) -> None:
        await recorder.begin(recording)
        recorder.lease_id = new_id()

        assert await code_of(recorder.report(recording, Progressed(position_ms=1))) == "lease_lost"

    @pytest.mark.parametrize(
        "report",
        [
            Progressed(position_ms=-1),
            Stopped(position_ms=10**12),
            Missed(gap=Gap(start_ms=0, length_ms=1, cause="")),
            Paused(anchor=Anchor(at=now(), position_ms=-5)),
        ],
        ids=lambda report: type(report).__name__,
    )
    async def test_that_makes_no_sense_is_refused(self, recording: Json, recorder: Recorder, report: Report) -> None:
        await recorder.begin(recording)

        assert await code_of(recorder.report(recording, report)) == "invalid_input"
