"""Auth as a client meets it: the real application on real PostgreSQL and Valkey, asked over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from auth.app import create_app
from auth.settings import Settings
from auth.usecases.identities import CALLBACK
from chassis.settings import Secret
from contracts.times import now
from discord_sim.stage import Stage, stage
from testkit.clock import Clock
from testkit.databases import Databases
from testkit.servers import Servers

from .browser import Browser
from .mailbox import Mailbox
from .people import ORIGIN, Auth

FreshDatabase = Callable[..., Awaitable[Secret]]
StartAuth = Callable[..., Awaitable[Auth]]

DEFAULTS: dict[str, Any] = {
    "port": 0,
    "master_key": Secret("a master key that no database has"),
    "public_url": ORIGIN,
    "environment": "development",
    "require_verified_email": False,
    "mail_poll_seconds": 0.02,
    "argon2_time_cost": 1,
    "argon2_memory_kib": 8,
    "mails_per_address_and_network": 100,
    "mails_per_address": 100,
}


EMPTIED = ("mails", "users", "log", "topic_heads", "security_log", "challenges", "used_assertions")


@asynccontextmanager
async def running(settings: Settings, *, clock: Clock, mailbox: Mailbox) -> AsyncGenerator[Auth]:
    """The application, with a client that comes from the gateway's network."""
    app = create_app(settings, clock=clock)
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In one task from start to stop, which fixtures do not promise.
        async with app.lifespan():
            started.set()
            await stopping.wait()

    living = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({living, waiting}, return_when=asyncio.FIRST_COMPLETED)
    transport = ASGITransport(cast("Any", app), client=("127.0.0.1", 1))
    async with AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Auth(client, settings=settings, clock=clock, mailbox=mailbox)
    stopping.set()
    await living


@pytest.fixture(scope="session")
async def mailbox() -> AsyncGenerator[Mailbox]:
    """Where all mail goes."""
    async with Mailbox.open() as box:
        yield box


@pytest.fixture(scope="session")
async def shared_auth(servers: Servers, mailbox: Mailbox) -> AsyncGenerator[Auth]:
    """Started once: most tests need no settings of their own."""
    databases = Databases(servers.database_url)
    given: dict[str, Any] = DEFAULTS | {"redis_url": Secret(servers.redis_url), "smtp_url": Secret(mailbox.url)}
    settings = Settings(database_url=await databases.create("auth"), **given)
    async with running(settings, clock=Clock(), mailbox=mailbox) as auth:
        yield auth
    await databases.drop_all()


@pytest.fixture
async def auth(shared_auth: Auth, redis_url: Secret, mailbox: Mailbox) -> AsyncGenerator[Auth]:
    """Auth as in development: no verification needed, cheap hashing, nobody registered."""
    shared_auth.clock.set(now())
    shared_auth.client.cookies.clear()
    mailbox.empty()
    yield shared_auth
    # Afterwards: a mail still on its way would reach the next test, whose auth may be another. The one that is being
    # handed over is waited for, while no other row is held; it may have ordered one more.
    await shared_auth.change_rows("delete from mails")
    await shared_auth.change_rows(*(f"delete from {table}" for table in EMPTIED))


@pytest.fixture
async def start_auth(
    fresh_database: FreshDatabase, redis_url: Secret, clock: Clock, mailbox: Mailbox
) -> AsyncGenerator[StartAuth]:
    """`auth = await start_auth(access_seconds=5)`: an application of its own, with these settings."""
    mailbox.empty()
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Auth:
            given: dict[str, Any] = DEFAULTS | {"redis_url": redis_url, "smtp_url": Secret(mailbox.url)} | changes
            if "database_url" not in given:
                given["database_url"] = await fresh_database("auth")
            return await stack.enter_async_context(running(Settings(**given), clock=clock, mailbox=mailbox))

        yield start


@pytest.fixture
async def scene() -> AsyncGenerator[Stage]:
    async with stage(redirect_uris=(ORIGIN + CALLBACK,)) as made:
        yield made


@pytest.fixture
async def linked_auth(start_auth: StartAuth, scene: Stage) -> Auth:
    return await start_auth(
        discord_url=scene.sim.url,
        discord_client_id=str(scene.bot.id),
        discord_client_secret=Secret(scene.bot.client_secret),
    )


@pytest.fixture
def ada(linked_auth: Auth, scene: Stage) -> Browser:
    return Browser(linked_auth, scene, "ada")
