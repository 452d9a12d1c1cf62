"""The application, on each write path of a post where that matters."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from messaging.app import create_app
from messaging.settings import Settings
from testkit.databases import Databases
from testkit.servers import Servers
from testkit.serving import serving as alive
from testkit.tokens import Signer, private_key

from .people import Person, Place
from .post_client import PostStreamTransport
from .standin import Media, standing_in

StartMessaging = Callable[..., Awaitable[httpx.AsyncClient]]
MakePerson = Callable[[str], Person]


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="session")
async def database_url(servers: Servers) -> AsyncGenerator[Secret]:
    """One database for all tests: each makes its own people and spaces."""
    databases = Databases(servers.database_url)
    yield await databases.create("messaging")
    await databases.drop_all()


@pytest.fixture(scope="session")
async def engine(database_url: Secret) -> AsyncGenerator[AsyncEngine]:
    """To look behind the application."""
    made = connect(database_url, schema="messaging", connections_max=4)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
async def media() -> AsyncGenerator[Media]:
    async with standing_in() as media:
        yield media


@pytest.fixture(scope="session")
async def start(
    database_url: Secret, servers: Servers, signer: Signer, media: Media, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[StartMessaging]:
    """`client = await start(page_items_max=3)`: one more replica, with these settings."""
    key_file = tmp_path_factory.mktemp("keys") / "messaging.pem"
    key_file.write_text(private_key())
    settings: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": Secret(servers.redis_url),
        "auth_url": media.url,
        "media_url": media.url,
        "service_key_file": str(key_file),
        "ask_seconds_max": 30.0,
        "thread_update_seconds": 3600.0,  # nothing is told by itself that a test did not wait for
    }
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> httpx.AsyncClient:
            return await stack.enter_async_context(serving(signer, **settings | changes))

        yield start


@asynccontextmanager
async def serving(signer: Signer, **settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
    given: dict[str, Any] = {"auth_url": ""} | settings
    app = create_app(Settings(**given), fetch_keys=signer.fetch_keys)
    async with alive(app, base_url="http://127.0.0.1:8002") as client:
        yield client


@pytest.fixture(scope="session")
async def client(start: StartMessaging) -> httpx.AsyncClient:
    return await start()


@pytest.fixture(scope="module", params=["group", "single", "stream"])
async def each_write_path(
    request: pytest.FixtureRequest, start: StartMessaging, signer: Signer
) -> AsyncGenerator[httpx.AsyncClient]:
    """For a module's own `client`: all that it does is done on every write path of a post."""
    messaging = await start(group_commit=request.param != "single")
    if request.param != "stream":
        yield messaging
        return
    async with httpx.AsyncClient(
        transport=PostStreamTransport(messaging, signer), base_url=messaging.base_url
    ) as client:
        yield client


@pytest.fixture
def person(client: httpx.AsyncClient, signer: Signer) -> MakePerson:
    """`ann = person("Ann")`."""
    return lambda name: Person(client, signer, name)


@pytest.fixture
def ann(person: MakePerson) -> Person:
    return person("Ann")


@pytest.fixture
def ben(person: MakePerson) -> Person:
    return person("Ben")


@pytest.fixture
def eve(person: MakePerson) -> Person:
    """A stranger."""
    return person("Eve")


@pytest.fixture
async def place(ann: Person, ben: Person) -> Place:
    """Ann's space, which Ben has joined."""
    made = await ann.make_space()
    await made.invite(ben)
    return made
