"""Media killed before the last write of what it does: nothing half done is left, and what was begun is finished."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from contracts.media import Finished, PacketCounts, Stopped
from contracts.times import now
from embedded import ports
from media.clients.objects import Objects
from testkit.databases import Databases
from testkit.servers import S3, Servers
from testkit.tokens import Signer
from testkit.waiting import eventually
from voice import ogg

from .people import Community, Json, Recorder, logged, make_community, make_segment, set_column
from .processes import Process

Reached = Callable[[], Any]


@pytest.fixture(scope="module")
async def own_database(servers: Servers) -> AsyncGenerator[Secret]:
    databases = Databases(servers.database_url)
    yield await databases.create("media")
    await databases.drop_all()


@pytest.fixture(scope="module")
async def own_engine(own_database: Secret) -> AsyncGenerator[AsyncEngine]:
    made = connect(own_database, schema="media", connections_max=4)
    yield made
    await made.dispose()


@pytest.fixture(scope="module")
async def process(
    own_database: Secret, servers: Servers, store: S3, key_file: Path, keys_url: str
) -> AsyncGenerator[Process]:
    environ = {
        "MEDIA_PORT": str(ports.choose(1)[0]),
        "MEDIA_SERVICE_KEY_FILE": str(key_file),
        "MEDIA_SWEEP_SECONDS": "0.2",
        "DATABASE_URL": own_database.reveal(),
        "REDIS_URL": servers.redis_url,
        "AUTH_URL": keys_url,
    }
    made = Process(environ | store.environ())
    await made.start()
    yield made
    made.kill()


class Scene:
    """A recording under way in that process: one segment is uploaded."""

    def __init__(self, process: Process, community: Community, recorder: Recorder, recording: Json) -> None:
        self.process = process
        self.community = community
        self.recorder = recorder
        self.recording = recording
        self.segment = make_segment(community.ann.discord_id)

    async def shown(self) -> Json:
        return await self.community.show(self.recording)

    async def until(self, state: str) -> None:
        async def reached() -> bool:
            return (await self.shown())["state"] == state

        await eventually(reached, seconds=60)

    async def track(self) -> bytes:
        return (await self.community.ben.ask("GET", f"/{self.recording['id']}/tracks/1/audio")).content

    async def told(self, kind: str) -> int:
        """How often."""
        events = await logged(self.community.engine, f"recordings:{self.community.space_id}")
        return sum(one[1] == kind for one in events)

    @asynccontextmanager
    async def held(self, table: str) -> AsyncGenerator[Reached]:
        """Whoever wants to write to the table waits; `await reached()` returns when somebody does."""
        waiting = text("select count(*) from pg_locks where not granted and relation = cast(:table as regclass)")

        async def reached() -> None:
            async def somebody_waits() -> bool:
                async with self.community.engine.connect() as watching:
                    return bool(await watching.scalar(waiting, {"table": f"media.{table}"}))

            await eventually(somebody_waits, seconds=60)

        async with self.community.engine.begin() as connection:
            await connection.execute(text(f"lock table {table} in share mode"))
            yield reached

    async def killed_at(self, table: str, asking: Any = None) -> None:
        """Kill the process when it is about to write to the table, then start it again."""
        async with self.held(table) as reached:
            asked = asyncio.ensure_future(asking) if asking is not None else None
            await reached()
            self.process.kill()
            if asked is not None:
                await asyncio.wait({asked})
                assert isinstance(asked.exception(), httpx.TransportError)
        await self.process.start()


@pytest.fixture
async def scene(
    process: Process, own_engine: AsyncEngine, signer: Signer, http: aiohttp.ClientSession
) -> AsyncGenerator[Scene]:
    async with httpx.AsyncClient(base_url=process.url, timeout=30) as client:
        community = await make_community(client, own_engine, signer)
        recorder = Recorder(client, signer, http)
        recording = await community.request()
        await recorder.begin(recording)
        made = Scene(process, community, recorder, recording)
        reserved = await recorder.reserve(recording, made.segment)
        assert await recorder.put(reserved, made.segment.content) == 200
        yield made


class TestKilled:
    async def test_while_acknowledging_a_segment_has_acknowledged_nothing(self, scene: Scene) -> None:
        await scene.killed_at("recordings", scene.recorder.acknowledge(scene.recording, scene.segment))
        before = await scene.shown()

        await scene.recorder.acknowledge(scene.recording, scene.segment)

        after = await scene.shown()
        assert [one["tracks"][0]["acknowledged_ms"] for one in (before, after)] == [0, 2000]
        assert scene.segment.packets == tuple(ogg.packets(await scene.track()))[: len(scene.segment.packets)]

    async def test_while_a_recorder_finishes_waits_to_be_told_again(self, scene: Scene) -> None:
        recorder, recording = scene.recorder, scene.recording
        await recorder.acknowledge(recording, scene.segment)
        await recorder.report(recording, Stopped(position_ms=3000))
        finished = Finished(packets={scene.community.ann.discord_id: PacketCounts(received=100, written=100)})
        await scene.killed_at("log", recorder.report(recording, finished))
        before = await scene.shown()

        await recorder.report(recording, finished)

        assert (before["state"], before["tracks"][0]["packets"]["received"]) == ("finishing", 0)
        await scene.until("ready")
        assert await scene.told("recording_ready") == 1

    @pytest.mark.parametrize("table", ["tracks", "log"])
    async def test_while_putting_the_tracks_together_does_it_again(self, scene: Scene, table: str) -> None:
        recorder, recording = scene.recorder, scene.recording
        await recorder.acknowledge(recording, scene.segment)
        await recorder.report(recording, Stopped(position_ms=3000))
        async with scene.held(table) as reached:
            await set_column(scene.community.engine, recording, uploaded_at=now(), lease_id=None)
            await reached()
            before = await scene.shown()
            scene.process.kill()
        await scene.process.start()

        await scene.until("ready")
        manifest = await scene.community.ben.do("GET", f"/{recording['id']}/manifest")
        assert (before["state"], await scene.told("recording_ready")) == ("finishing", 1)
        assert manifest["manifest"]["tracks"][0]["sha256"] == hashlib.sha256(await scene.track()).hexdigest()

    async def test_while_erasing_a_track_has_erased_nothing_or_all(self, scene: Scene, objects: Objects) -> None:
        recording, ann = scene.recording, scene.community.ann
        await scene.recorder.acknowledge(recording, scene.segment)
        path, erase = f"/{recording['id']}/consent", {"choice": "opted_out", "erase": True}
        await scene.killed_at("log", ann.do("PUT", path, erase))
        before = await scene.shown()

        await ann.do("PUT", path, erase)

        async def gone() -> bool:
            key = f"recordings/{recording['id']}/1/{scene.segment.wanted.id}.ogg"
            return await objects.read(key, bytes_max=9) is None

        await eventually(gone, seconds=60)
        assert (before["consents"], before["tracks"][0]["acknowledged_ms"]) == ([], 2000)
        assert (await scene.shown())["tracks"][0]["acknowledged_ms"] == 0

    async def test_between_erasing_a_track_and_the_store_removes_it_at_its_next_start(
        self, scene: Scene, objects: Objects
    ) -> None:
        recording = scene.recording
        await scene.recorder.acknowledge(recording, scene.segment)
        scene.process.kill()
        query = text("update segments set erased_at = now(), measured = null, acknowledged_at = null where id = :id")
        async with scene.community.engine.begin() as connection:  # what the last commit left
            await connection.execute(query, {"id": scene.segment.wanted.id})

        await scene.process.start()

        async def gone() -> bool:
            key = f"recordings/{recording['id']}/1/{scene.segment.wanted.id}.ogg"
            return await objects.read(key, bytes_max=9) is None

        await eventually(gone, seconds=60)
