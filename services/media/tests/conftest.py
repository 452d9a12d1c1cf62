"""The application on real PostgreSQL, Valkey and S3; people, bots and recorders who use it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import msgspec
import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from contracts.ids import SpaceId, new_id
from contracts.messaging import Role
from contracts.times import now
from media.app import create_app
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases.abandoning import Hearing
from media.usecases.sweeping import Sweepers
from testkit.buckets import create_bucket, delete_bucket
from testkit.databases import Databases
from testkit.servers import S3, Servers
from testkit.serving import serving
from testkit.tokens import Signer, private_key

from .neighbours import Neighbours
from .people import Asking, Community, Person, Recorder, make_community, snowflake

StartMedia = Callable[..., Awaitable[httpx.AsyncClient]]
Sweep = Callable[[], Awaitable[None]]


def long_since() -> Hearing:
    """Recorders have been heard for a day."""
    return Hearing(break_seconds=86_400, since=now() - timedelta(days=1))


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="session")
async def database_url(servers: Servers) -> AsyncGenerator[Secret]:
    """One database for all tests: each makes its own spaces."""
    databases = Databases(servers.database_url)
    yield await databases.create("media")
    await databases.drop_all()


@pytest.fixture(scope="session")
async def engine(database_url: Secret) -> AsyncGenerator[AsyncEngine]:
    """To look behind the application."""
    made = connect(database_url, schema="media", connections_max=4)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def store(servers: Servers) -> Generator[S3]:
    """One bucket for all tests."""
    made = create_bucket(servers.s3, "media-tests")
    yield made
    delete_bucket(made)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Media's own key."""
    file = tmp_path_factory.mktemp("keys") / "media.key.pem"
    file.write_text(private_key())
    return file


@pytest.fixture(scope="session")
async def keys_url(signer: Signer) -> AsyncGenerator[str]:
    """Where auth publishes its keys."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response({"keys": signer.jwks()})

    app = web.Application()
    app.router.add_get("/.well-known/jwks.json", show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(scope="session")
def settings(database_url: Secret, servers: Servers, store: S3, key_file: Path) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=Secret(servers.redis_url),
        auth_url="",
        service_key_file=str(key_file),
        s3_endpoint=store.s3_endpoint,
        s3_access_key=Secret(store.s3_access_key),
        s3_secret_key=store.s3_secret_key,
        s3_bucket=store.s3_bucket,
        s3_region=store.s3_region,
        sweep_seconds=3600,
    )


@pytest.fixture(scope="session")
async def start(settings: Settings, signer: Signer) -> AsyncGenerator[StartMedia]:
    """`client = await start(page_items_max=3)`: one more replica, with these settings."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> httpx.AsyncClient:
            changed = msgspec.structs.replace(settings, **changes)
            app = create_app(changed, fetch_keys=signer.fetch_keys, hearing=long_since())
            return await stack.enter_async_context(serving(app, base_url="http://127.0.0.1:8003"))

        yield start


@pytest.fixture(scope="session")
async def client(start: StartMedia) -> httpx.AsyncClient:
    return await start()


@pytest.fixture(scope="session")
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    """For uploads, which go past the application."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def community(client: httpx.AsyncClient, engine: AsyncEngine, signer: Signer) -> Community:
    """A space linked to a guild, with a moderator Ann (Discord account linked), a member Ben, and a stranger Eve."""
    return await make_community(client, engine, signer)


@pytest.fixture
def recorder(client: httpx.AsyncClient, signer: Signer, http: aiohttp.ClientSession) -> Recorder:
    return Recorder(client, signer, http)


@pytest.fixture
async def objects(settings: Settings) -> AsyncGenerator[Objects]:
    """The store, to look behind the application."""
    made = Objects(settings)
    async with made.connected():
        yield made


@pytest.fixture
def sweep(settings: Settings, engine: AsyncEngine, objects: Objects) -> Sweep:
    """`await sweep()`: as every process does from time to time, after it has heard recorders for long."""
    return Sweepers(engine, objects, settings, hearing=long_since()).sweep


@pytest.fixture
async def neighbours() -> AsyncGenerator[Neighbours]:
    made = Neighbours()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def asking(neighbours: Neighbours, settings: Settings, signer: Signer) -> AsyncGenerator[httpx.AsyncClient]:
    """A media that has somebody to ask."""
    changed = msgspec.structs.replace(settings, auth_url=neighbours.url, messaging_url=neighbours.url)
    async with serving(create_app(changed, fetch_keys=signer.fetch_keys), base_url="http://media") as client:
        yield client


@pytest.fixture
def home(asking: httpx.AsyncClient, neighbours: Neighbours, signer: Signer, engine: AsyncEngine) -> Community:
    """A space of which media has heard nothing: Ann moderates it, Ben is a member, Eve a stranger."""
    ann, ben, eve = (Person(asking, signer, name) for name in ("Ann", "Ben", "Eve"))
    space_id, guild_id = SpaceId(new_id()), snowflake()
    neighbours.guilds[guild_id] = space_id
    neighbours.members[space_id] = {ann.id: Role.MODERATOR, ben.id: Role.MEMBER}
    neighbours.accounts[ann.discord_id] = ann.id
    return Community(
        client=asking, signer=signer, engine=engine, space_id=space_id, guild_id=guild_id, ann=ann, ben=ben, eve=eve
    )


@pytest.fixture
def messaging(community: Community) -> Asking:
    return Asking(community.client, community.signer.service_token("messaging", audience="media"))
