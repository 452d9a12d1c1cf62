"""A speaker has their own voice erased: nobody hears it any more, and it is gone from the store."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.media import SegmentState
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases.erasing import Erasing
from media.usecases.sweeping import Sweeper
from testkit.waiting import eventually
from voice import ogg, opus

from .conftest import Sweep
from .people import Asking, Community, Json, Person, Recorder, Refused, Segment, logged, make_segment, snowflake

ERASE = {"choice": "opted_out", "erase": True}


@pytest.fixture
async def recording(community: Community, recorder: Recorder) -> Json:
    made = await community.request(title="Game night")
    await recorder.begin(made)
    return made


@pytest.fixture
def other() -> str:
    """Somebody who speaks too."""
    return snowflake()


@pytest.fixture
async def spoken(community: Community, recording: Json, recorder: Recorder, other: str) -> tuple[Segment, Segment]:
    """Ann's, on track 1, and the other's, on track 2."""
    anns, others = make_segment(community.ann.discord_id, first_ms=1000), make_segment(other, seed=2)
    await recorder.deliver(recording, anns, others)
    return anns, others


@pytest.fixture
async def complete(
    community: Community, recording: Json, recorder: Recorder, spoken: tuple[Segment, Segment], sweep: Sweep
) -> Json:
    """The recording, with what was spoken, over and put together."""
    await recorder.finish(recording, position_ms=5000)

    async def is_ready() -> bool:
        return (await community.show(recording))["state"] == "ready"

    await swept(sweep, is_ready)
    return recording


async def swept(sweep: Sweep, done: Callable[[], Awaitable[object]]) -> None:
    """The application sweeps too, at its own time, and what one of the two is at the other leaves alone."""

    async def is_done() -> object:
        await sweep()
        return await done()

    await eventually(is_done)


async def erase(person: Asking, recording: Json) -> Json:
    """Their own voice."""
    return await person.do("PUT", f"/{recording['id']}/consent", ERASE)


def gone(objects: Objects, recording: Json, number: int, segment: Segment) -> Callable[[], Awaitable[bool]]:
    """Whether the store has the segment of this track no more."""

    async def is_gone() -> bool:
        return await objects.read(key_of(recording, number, segment), bytes_max=10) is None

    return is_gone


async def play(community: Community, recording: Json, number: int) -> bytes:
    return (await community.ben.ask("GET", f"/{recording['id']}/tracks/{number}/audio")).content


async def manifest_of(community: Community, recording: Json) -> Json:
    return (await community.ben.do("GET", f"/{recording['id']}/manifest"))["manifest"]


def key_of(recording: Json, number: int, segment: Segment) -> str:
    return f"recordings/{recording['id']}/{number}/{segment.wanted.id}.ogg"


async def code_of(person: Person, recording: Json, body: Json) -> str:
    with pytest.raises(Refused) as refused:
        await person.do("PUT", f"/{recording['id']}/consent", body)
    return refused.value.code


class TestEraseATrack:
    async def test_silences_it_at_once_and_removes_it_from_the_store(
        self,
        community: Community,
        complete: Json,
        spoken: tuple[Segment, Segment],
        objects: Objects,
    ) -> None:
        anns, others = spoken

        made = await erase(community.ann, complete)
        mine, theirs = [await play(community, complete, number) for number in (1, 2)]

        await eventually(gone(objects, complete, 1, anns))
        assert made["erased"]
        assert set(ogg.packets(mine)) == {opus.SILENCE}
        assert (list(ogg.pages(mine))[-1].granule - ogg.PRE_SKIP) / 48 == 5000
        assert set(others.packets) <= set(ogg.packets(theirs))
        assert await objects.read(key_of(complete, 2, others), bytes_max=9)

    async def test_stands_in_the_manifest_with_the_sum_of_what_is_left(
        self, community: Community, complete: Json, sweep: Sweep
    ) -> None:
        before = await manifest_of(community, complete)

        await erase(community.ann, complete)

        async def is_without() -> bool:
            return (await manifest_of(community, complete))["tracks"][0]["segments"] == []

        await swept(sweep, is_without)

        after = await manifest_of(community, complete)
        mine, theirs = after["tracks"]
        assert {"start_ms": 1000, "length_ms": 2000, "cause": "erased"} in mine["gaps"]
        assert (mine["segments"], bool(mine["erased_at"])) == ([], True)
        assert mine["sha256"] == hashlib.sha256(await play(community, complete, 1)).hexdigest()
        assert theirs == before["tracks"][1]
        assert [one["erased"] for one in after["consents"]] == [True]

    async def test_is_told(
        self, community: Community, recording: Json, spoken: tuple[Segment, Segment], engine: AsyncEngine
    ) -> None:
        await erase(community.ann, recording)

        *_, consent, progressed = await logged(engine, f"recordings:{community.space_id}")
        assert (consent[1], consent[2]["erased"]) == ("consent_changed", True)
        assert (progressed[1], progressed[2]["tracks"][0]["acknowledged_ms"]) == ("recording_progressed", 0)
        assert progressed[2]["tracks"][0]["erased_at"]

    async def test_needs_no_account(
        self, community: Community, recording: Json, other: str, spoken: tuple[Segment, Segment]
    ) -> None:
        await erase(community.bot(other), recording)

        assert set(ogg.packets(await play(community, recording, 2))) <= {opus.SILENCE}
        assert set(spoken[0].packets) <= set(ogg.packets(await play(community, recording, 1)))

    async def test_is_possible_when_the_recording_was_put_away(
        self,
        community: Community,
        complete: Json,
        spoken: tuple[Segment, Segment],
        sweep: Sweep,
        objects: Objects,
    ) -> None:
        await community.ann.do("DELETE", f"/{complete['id']}")

        await erase(community.ann, complete)

        await swept(sweep, gone(objects, complete, 1, spoken[0]))

    async def test_is_for_ones_own_voice(
        self, community: Community, recording: Json, spoken: tuple[Segment, Segment]
    ) -> None:
        strangers = await code_of(community.eve, recording, ERASE), await code_of(community.ben, recording, ERASE)
        await erase(community.bot(snowflake()), recording)

        assert strangers == ("not_linked", "not_linked")
        assert set(spoken[0].packets) <= set(ogg.packets(await play(community, recording, 1)))
        assert set(spoken[1].packets) <= set(ogg.packets(await play(community, recording, 2)))

    @pytest.mark.parametrize("wrong", [{"choice": "opted_in"}, {"choice": "opted_out", "whole_space": True}])
    async def test_goes_with_opting_out_of_one_recording(
        self, community: Community, recording: Json, wrong: Json
    ) -> None:
        assert await code_of(community.ann, recording, wrong | {"erase": True}) == "invalid_input"


class TestWhatIsStillUnderWay:
    async def test_is_refused_also_when_they_opt_in_again(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        ann = community.ann.discord_id
        early, late = make_segment(ann), make_segment(ann, first_ms=2000, seed=2)
        await recorder.put(await recorder.reserve(recording, early), early.content)
        await erase(community.ann, recording)
        await community.ann.do("PUT", f"/{recording['id']}/consent", {"choice": "opted_in"})

        with pytest.raises(Refused) as acknowledged:
            await recorder.acknowledge(recording, early)
        with pytest.raises(Refused) as reserved:
            await recorder.reserve(recording, early)
        await recorder.deliver(recording, late)

        assert (acknowledged.value.code, reserved.value.code) == ("opted_out", "opted_out")
        assert (await recorder.reserve(recording, late)).state is SegmentState.ACKNOWLEDGED
        packets = list(ogg.packets(await play(community, recording, 1)))
        assert packets[:100] == [opus.SILENCE] * 100
        assert packets[100:200] == list(late.packets)

    async def test_is_removed_for_as_long_as_its_address_is_good(
        self, community: Community, recording: Json, recorder: Recorder, sweep: Sweep, objects: Objects
    ) -> None:
        segment = make_segment(community.ann.discord_id)
        address = await recorder.reserve(recording, segment)
        await erase(community.ann, recording)
        await sweep()

        assert await recorder.put(address, segment.content) == 200

        await swept(sweep, gone(objects, recording, 1, segment))

    async def test_is_looked_after_no_longer_than_that(
        self, community: Community, recording: Json, recorder: Recorder, sweep: Sweep, engine: AsyncEngine
    ) -> None:
        segment = make_segment(community.ann.discord_id)
        await recorder.reserve(recording, segment)
        await erase(community.ann, recording)
        async with engine.begin() as connection:
            values = {"id": segment.wanted.id, "at": now() - timedelta(seconds=301)}
            await connection.execute(text("update segments set erased_at = :at where id = :id"), values)

        async def is_forgotten() -> object:
            async with engine.connect() as connection:
                query = text("select removed_at from segments where id = :id")
                return await connection.scalar(query, {"id": segment.wanted.id})

        await swept(sweep, is_forgotten)

    async def test_waits_for_a_store_that_is_away(
        self,
        community: Community,
        recording: Json,
        spoken: tuple[Segment, Segment],
        settings: Settings,
        engine: AsyncEngine,
        sweep: Sweep,
        objects: Objects,
    ) -> None:
        async with engine.begin() as connection:
            query = text("update segments set erased_at = :at, measured = null where id = :id")
            await connection.execute(query, {"at": now(), "id": spoken[0].wanted.id})
        nowhere = msgspec.structs.replace(settings, s3_endpoint="http://127.0.0.1:1")
        away = Objects(nowhere)
        async with away.connected():
            with pytest.raises(Exception, match="does not answer"):
                await Sweeper(Erasing(engine, away, nowhere), seconds=1).step()
        there = await objects.read(key_of(recording, 1, spoken[0]), bytes_max=9)

        await sweep()

        assert there
        assert await objects.read(key_of(recording, 1, spoken[0]), bytes_max=9) is None
