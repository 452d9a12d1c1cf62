"""What was erased or removed is on the store's disk no more: SeaweedFS keeps deleted bytes until a vacuum."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from contracts.problems import Unavailable
from contracts.times import now
from embedded import Server
from media.app import create_app
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases.erasing import Erasing, Removing
from media.usecases.sweeping import Sweeper
from testkit import folders
from testkit.buckets import create_bucket
from testkit.databases import Databases
from testkit.servers import Servers, store_of
from testkit.serving import serving
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import long_since
from .people import Community, Json, Recorder, Segment, make_segment

ERASE = {"choice": "opted_out", "erase": True}


@pytest.fixture
def server() -> Generator[Server]:
    """A store of its own: nothing else is deleted from it, and its disk can be read."""
    folder = folders.make()
    made = Server("seaweedfs", folder, fsync=False)
    try:
        made.start(timeout=60)
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def own_database(servers: Servers) -> AsyncGenerator[Secret]:
    """And so is the database: what other tests recorded is not in this store."""
    databases = Databases(servers.database_url)
    yield await databases.create("media")
    await databases.drop_all()


@pytest.fixture
async def engine(own_database: Secret) -> AsyncGenerator[AsyncEngine]:
    made = connect(own_database, schema="media", connections_max=2)
    yield made
    await made.dispose()


@pytest.fixture
def settings(settings: Settings, own_database: Secret, server: Server) -> Settings:
    store = create_bucket(store_of(server), "media")
    return msgspec.structs.replace(
        settings,
        database_url=own_database,
        s3_endpoint=store.s3_endpoint,
        s3_access_key=Secret(store.s3_access_key),
        s3_secret_key=store.s3_secret_key,
        s3_bucket=store.s3_bucket,
        store_vacuum_url=store.vacuum_url,
    )


@pytest.fixture
async def client(settings: Settings, signer: Signer) -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(settings, fetch_keys=signer.fetch_keys, hearing=long_since())
    async with serving(app, base_url="http://127.0.0.1:8003") as made:
        yield made


@pytest.fixture
async def recording(community: Community, recorder: Recorder) -> Json:
    made = await community.request()
    await recorder.begin(made)
    return made


@pytest.fixture
async def spoken(community: Community, recording: Json, recorder: Recorder) -> Segment:
    made = make_segment(community.ann.discord_id)
    await recorder.deliver(recording, made)
    return made


async def on_disk(server: Server, segment: Segment) -> int:
    """How many packets of a segment are in the files of the store's volumes."""

    def count(folder: Path) -> int:
        volumes = b"".join(file.read_bytes() for file in folder.rglob("*.dat"))
        return sum(packet in volumes for packet in segment.packets)

    return await asyncio.to_thread(count, server.data)


async def lapse(engine: AsyncEngine, segment: Segment) -> None:
    """The addresses by which it might be uploaded are no longer good."""
    async with engine.begin() as connection:
        query = text("update segments set reserved_at = :at, erased_at = :at where id = :id")
        await connection.execute(query, {"at": now() - timedelta(seconds=301), "id": segment.wanted.id})


async def removed_at(engine: AsyncEngine, segment: Segment) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(
            text("select removed_at from segments where id = :id"), {"id": segment.wanted.id}
        )


async def all_of(sweeper: Sweeper[Any]) -> None:
    while await sweeper.step():
        pass


class TestErased:
    async def test_is_in_no_volume_when_the_row_says_removed(
        self,
        community: Community,
        recording: Json,
        spoken: Segment,
        server: Server,
        settings: Settings,
        engine: AsyncEngine,
        objects: Objects,
    ) -> None:
        before = await on_disk(server, spoken)
        await community.ann.do("PUT", f"/{recording['id']}/consent", ERASE)
        await lapse(engine, spoken)
        sweeper = Sweeper(Erasing(engine, objects, settings), seconds=1)

        while await removed_at(engine, spoken) is None:
            await sweeper.step()

        assert before == len(spoken.packets)
        assert await on_disk(server, spoken) == 0

    async def test_is_not_said_to_be_removed_before_the_vacuum(
        self,
        community: Community,
        recording: Json,
        spoken: Segment,
        settings: Settings,
        engine: AsyncEngine,
        objects: Objects,
    ) -> None:
        await lapse(engine, spoken)
        nowhere = msgspec.structs.replace(
            settings, store_vacuum_url="http://127.0.0.1:1/vol/vacuum", store_settles_seconds=0
        )
        away = Objects(nowhere)
        async with away.connected():
            with pytest.raises(Unavailable):
                await all_of(Sweeper(Erasing(engine, away, nowhere), seconds=1))
        unsaid = await removed_at(engine, spoken)

        await all_of(Sweeper(Erasing(engine, objects, settings), seconds=1))

        assert unsaid is None
        assert await removed_at(engine, spoken)


class TestARemovedRecording:
    async def test_is_in_no_volume_when_nothing_is_known_of_it(
        self,
        community: Community,
        recording: Json,
        spoken: Segment,
        recorder: Recorder,
        server: Server,
        settings: Settings,
        engine: AsyncEngine,
        objects: Objects,
    ) -> None:
        await recorder.finish(recording, position_ms=2000)

        async def is_ready() -> bool:
            return (await community.show(recording))["state"] == "ready"

        await eventually(is_ready)
        await community.ann.do("DELETE", f"/{recording['id']}")
        await lapse(engine, spoken)
        async with engine.begin() as connection:
            query = text("update recordings set deleted_at = :at where id = :id")
            await connection.execute(query, {"at": now() - timedelta(days=31), "id": recording["id"]})
        before = await on_disk(server, spoken)

        await all_of(Sweeper(Removing(engine, objects, settings), seconds=1))

        assert before == len(spoken.packets)
        assert await on_disk(server, spoken) == 0
