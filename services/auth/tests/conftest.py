"""Auth as a client meets it: the real application on real PostgreSQL and Valkey, asked over HTTP."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from auth.app import create_app
from auth.settings import Settings
from chassis.settings import Secret
from testkit.clock import Clock

from .people import Auth

FreshDatabase = Callable[..., Awaitable[Secret]]
StartAuth = Callable[..., Awaitable[Auth]]

CHEAP: dict[str, Any] = {"argon2_time_cost": 1, "argon2_memory_kib": 8, "argon2_parallelism": 1}


@pytest.fixture
async def start_auth(
    fresh_database: FreshDatabase, redis_url: Secret, clock: Clock, tmp_path: Path
) -> AsyncGenerator[StartAuth]:
    """`auth = await start_auth(access_seconds=5)`: an application of its own, with these settings."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Auth:
            database_url = changes.pop("database_url", None) or await fresh_database("auth")
            given: dict[str, Any] = {"port": 0, "redis_url": redis_url, "require_verified_email": False} | CHEAP | changes
            settings = Settings(database_url=database_url, **given)
            app = create_app(settings, clock=clock)
            client = await stack.enter_async_context(AsyncTestClient(app, base_url="http://127.0.0.1:8000"))
            return Auth(client, settings=settings, clock=clock)

        yield start


@pytest.fixture
async def auth(start_auth: StartAuth) -> Auth:
    """Auth as in development: no verification needed, cheap hashing."""
    return await start_auth()
