"""Auth as a client meets it: the real application on real PostgreSQL and Valkey, asked over HTTP."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from auth.app import create_app
from auth.settings import Settings
from chassis.settings import Secret
from testkit.clock import Clock

from .mailbox import Mailbox
from .people import Auth

FreshDatabase = Callable[..., Awaitable[Secret]]
StartAuth = Callable[..., Awaitable[Auth]]

ORIGIN = "https://home.example"
DEFAULTS: dict[str, Any] = {
    "port": 0,
    "public_url": ORIGIN,
    "environment": "development",
    "require_verified_email": False,
    "mail_poll_seconds": 0.02,
    "argon2_time_cost": 1,
    "argon2_memory_kib": 8,
    "mails_per_address_and_network": 100,
    "mails_per_address": 100,
}


@pytest.fixture
async def mailbox() -> AsyncGenerator[Mailbox]:
    """Where all mail goes."""
    async with Mailbox.open() as box:
        yield box


@pytest.fixture
async def start_auth(
    fresh_database: FreshDatabase, redis_url: Secret, clock: Clock, mailbox: Mailbox
) -> AsyncGenerator[StartAuth]:
    """`auth = await start_auth(access_seconds=5)`: an application of its own, with these settings."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Auth:
            given: dict[str, Any] = DEFAULTS | {"redis_url": redis_url, "smtp_url": Secret(mailbox.url)} | changes
            if "database_url" not in given:
                given["database_url"] = await fresh_database("auth")
            settings = Settings(**given)
            app = create_app(settings, clock=clock)
            client = await stack.enter_async_context(AsyncTestClient(app, base_url=ORIGIN))
            return Auth(client, settings=settings, clock=clock, mailbox=mailbox)

        yield start


@pytest.fixture
async def auth(start_auth: StartAuth) -> Auth:
    """Auth as in development: no verification needed, cheap hashing."""
    return await start_auth()
