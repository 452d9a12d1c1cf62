"""The application on real PostgreSQL and Valkey."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import httpx
import pytest
from litestar.testing import AsyncTestClient

from chassis.settings import Secret
from newservice.app import create_app
from newservice.settings import Settings
from testkit.tokens import Signer


@pytest.fixture
async def client(
    fresh_database: Callable[..., Awaitable[Secret]], redis_url: Secret
) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody who is logged in."""
    signer = Signer()
    settings = Settings(
        port=0, database_url=await fresh_database("newservice"), redis_url=redis_url, auth_url="http://127.0.0.1:1"
    )
    async with AsyncTestClient(create_app(settings, fetch_keys=signer.fetch_keys)) as client:
        client.headers["authorization"] = f"Bearer {signer.user_token()}"
        yield client
