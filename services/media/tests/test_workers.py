"""What media does by itself: each kind alone, and each item alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.background import Supervisor, Worker
from contracts.media import Progressed, RecordingState
from contracts.messaging import SpaceDeleted
from contracts.problems import Unavailable
from contracts.times import now
from media.app import create_app
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases.abandoning import Hearing
from media.usecases.sweeping import Sweepers
from testkit.serving import serving
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import Sweep, long_since
from .people import Community, Json, Recorder, Refused, Segment, close_addresses, hear, lose, make_segment, snowflake

WORKERS = (
    "lost recordings",
    "erased segments",
    "uploads",
    "sealing",
    "sums of erased tracks",
    "removed recordings",
    "idempotency keys",
)
MakeSweepers = Callable[..., Sweepers]


@pytest.fixture
async def recording(community: Community) -> Json:
    return await community.request()


@pytest.fixture
def make_sweepers(engine: AsyncEngine, objects: Objects, settings: Settings) -> MakeSweepers:
    """`make_sweepers(hearing)`: those of a process of its own, which look every 50 ms."""

    def make(hearing: Hearing, store: Objects = objects) -> Sweepers:
        return Sweepers(engine, store, msgspec.structs.replace(settings, sweep_seconds=0.05), hearing=hearing)

    return make


@pytest.fixture
async def hanging(settings: Settings) -> AsyncGenerator[Objects]:
    """A store that takes connections and never answers."""
    opened: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: opened.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = Objects(msgspec.structs.replace(settings, s3_endpoint=f"http://127.0.0.1:{port}", s3_seconds=60))
    async with store.connected():
        yield store
    server.close()
    for writer in opened:
        writer.close()


class Faults(Supervisor):
    """The steps of one worker fail with these, then go on."""

    def __init__(self, name: str, faults: list[Exception]) -> None:
        super().__init__()
        self.faults = faults
        self.ran: list[Worker] = []
        self._name = name

    def before_step(self, worker: Worker) -> None:
        if worker not in self.ran:
            self.ran.append(worker)
        if worker.name == self._name and self.faults:
            raise self.faults.pop(0)


def key_of(recording: Json, segment: Segment) -> str:
    return f"recordings/{recording['id']}/1/{segment.wanted.id}.ogg"


async def record(community: Community, recorder: Recorder, *, lost_from: Objects | None = None) -> tuple[Json, Segment]:
    """A recording of one segment, complete, and to be sealed. The store may have lost it: then nothing can."""
    recording, segment = await community.request(), make_segment(snowflake())
    await recorder.begin(recording)
    await recorder.deliver(recording, segment)
    if lost_from is not None:
        await lost_from.remove(key_of(recording, segment))
    await recorder.finish(recording, position_ms=2000)
    return recording, segment


async def rows(engine: AsyncEngine, *recordings: Json) -> set[str]:
    """Those of them that media still knows."""
    async with engine.connect() as connection:
        found = await connection.scalars(
            text("select id from recordings where id = any(:ids)"), {"ids": [UUID(one["id"]) for one in recordings]}
        )
        return {str(one) for one in found}


async def put(objects: Objects, settings: Settings, key: str, content: bytes) -> None:
    """As if a backup had brought it back."""
    untyped: Any = objects
    await untyped._client.put_object(Bucket=settings.s3_bucket, Key=key, Body=content)


async def state(community: Community, recording: Json) -> str:
    return (await community.show(recording))["state"]


class TestAnOutageOfMediaItself:
    async def test_ends_no_recording_that_could_not_be_heard(
        self,
        community: Community,
        recording: Json,
        recorder: Recorder,
        engine: AsyncEngine,
        make_sweepers: MakeSweepers,
    ) -> None:
        waiting = await community.request()
        await recorder.begin(recording)
        await lose(engine, recording)
        await lose(engine, waiting)

        await make_sweepers(Hearing(break_seconds=60)).sweep()
        spared = await state(community, recording), await state(community, waiting)
        await make_sweepers(Hearing(break_seconds=60, since=now() - timedelta(seconds=130))).sweep()
        later = await state(community, recording), await state(community, waiting)
        await make_sweepers(Hearing(break_seconds=60, since=now() - timedelta(seconds=1801))).sweep()

        assert spared == ("recording", "requested")
        assert later == ("recording", "failed")
        assert await state(community, recording) == "ready"

    async def test_takes_no_recording_from_its_recorder(
        self,
        community: Community,
        recording: Json,
        recorder: Recorder,
        engine: AsyncEngine,
        settings: Settings,
        signer: Signer,
        http: aiohttp.ClientSession,
    ) -> None:
        await recorder.begin(recording)
        await lose(engine, recording, seconds=60)
        fresh = create_app(settings, fetch_keys=signer.fetch_keys)

        async with serving(fresh, base_url="http://media") as client:
            other = Recorder(client, signer, http, "recorder-2")
            offered = await other.do("GET", "/internal/recordings/claimable", holder="recorder-2")
            with pytest.raises(Refused) as refused:
                await other.claim(recording)
            recorder.client = client
            kept = await recorder.report(recording, Progressed(position_ms=100))

        assert recording["id"] not in {one["id"] for one in offered}
        assert refused.value.code == "already_claimed"
        assert kept.state is RecordingState.RECORDING

    def test_of_its_database_counts_like_one_of_its_process(self) -> None:
        begun = now() - timedelta(days=1)
        hearing = Hearing(break_seconds=60, since=begun)

        hearing.heard(begun)
        hearing.heard(begun + timedelta(seconds=59))
        without_a_break = hearing.since(begun + timedelta(seconds=110))
        after_a_break = hearing.since(begun + timedelta(seconds=200))

        assert (without_a_break, after_a_break) == (begun, begun + timedelta(seconds=200))


class TestALostObject:
    async def test_is_poison_for_its_own_recording_only(
        self,
        community: Community,
        recorder: Recorder,
        engine: AsyncEngine,
        objects: Objects,
        make_sweepers: MakeSweepers,
    ) -> None:
        broken, _ = await record(community, recorder, lost_from=objects)
        whole, _ = await record(community, recorder)
        sweepers = make_sweepers(long_since())

        await sweepers.sweep()
        await sweepers.sweep()

        assert await state(community, broken) == "finishing"
        assert await state(community, whole) == "ready"
        [sealing] = [one for one in sweepers.workers() if one.name == "sealing"]
        assert sealing.set_aside is not None
        assert len(sealing.set_aside.resting()) >= 1

    async def test_lets_the_recording_be_sealed_once_it_is_back(
        self,
        community: Community,
        recorder: Recorder,
        objects: Objects,
        settings: Settings,
        make_sweepers: MakeSweepers,
    ) -> None:
        broken, lost = await record(community, recorder, lost_from=objects)
        await make_sweepers(long_since()).sweep()

        await put(objects, settings, key_of(broken, lost), lost.content)
        await make_sweepers(long_since()).sweep()

        assert await state(community, broken) == "ready"


class TestAStoreThatHangs:
    async def test_holds_up_nothing_that_does_not_need_it(
        self,
        community: Community,
        recording: Json,
        recorder: Recorder,
        engine: AsyncEngine,
        objects: Objects,
        hanging: Objects,
        make_sweepers: MakeSweepers,
    ) -> None:
        await record(community, recorder, lost_from=objects)
        await lose(engine, recording)
        workers = make_sweepers(long_since(), hanging).workers()
        [sealing] = [one for one in workers if one.name == "sealing"]

        async def is_sealing() -> bool:
            return sealing.since is not None

        async def has_failed() -> bool:
            return await state(community, recording) == "failed"

        async with Supervisor().running(*workers):
            await eventually(is_sealing)
            await eventually(has_failed)
            assert sealing.succeeded_at is None


class TestEachWorker:
    @pytest.mark.parametrize("name", WORKERS)
    async def test_waits_out_an_outage_and_says_where_a_bug_is(
        self, community: Community, make_sweepers: MakeSweepers, name: str
    ) -> None:
        supervisor = Faults(name, [Unavailable("away"), RuntimeError("a bug")])

        def health() -> tuple[bool, str]:
            return supervisor.health().get(f"worker {name}", (True, "not begun"))

        async def has_failed() -> bool:
            return "a bug" in health()[1]

        async def is_back() -> bool:
            return not supervisor.faults and health()[0]

        async with supervisor.running(*make_sweepers(long_since()).workers()):
            await eventually(has_failed)
            others = [ok for one, (ok, _) in supervisor.health().items() if one != f"worker {name}"]
            await eventually(is_back)

        assert all(others)
        [worker] = [one for one in supervisor.ran if one.name == name]
        assert (worker.outages, worker.bugs) == (1, 1)


class TestADeletedSpace:
    async def test_stops_what_is_being_recorded(
        self, community: Community, recording: Json, recorder: Recorder, engine: AsyncEngine
    ) -> None:
        waiting = await community.request()
        await recorder.begin(recording)

        await hear(engine, SpaceDeleted(id=community.space_id))

        assert (await recorder.report(recording, Progressed(position_ms=100))).state is RecordingState.FINISHING
        assert [one for one in await community.told() if "f" in one] == ["recording_finished", "recording_failed"]
        with pytest.raises(Refused) as refused:
            await Recorder(recorder.client, community.signer, recorder.http, "other").claim(waiting)
        assert refused.value.code == "recording_over"

    async def test_takes_its_recordings_and_their_objects_along_once_they_are_complete(
        self, community: Community, recorder: Recorder, engine: AsyncEngine, objects: Objects, sweep: Sweep
    ) -> None:
        done, first = await record(community, recorder)
        await sweep()
        running, second = await community.request(), make_segment(snowflake())
        await recorder.begin(running)
        await recorder.deliver(running, second)

        await hear(engine, SpaceDeleted(id=community.space_id))
        for one in (done, running):
            await close_addresses(engine, one)
        await sweep()
        kept = await rows(engine, done, running)
        await recorder.finish(running, position_ms=2000)
        await sweep()

        assert kept == {running["id"]}
        assert await rows(engine, done, running) == set()
        assert [await objects.look(key_of(*one)) for one in ((done, first), (running, second))] == [None, None]
