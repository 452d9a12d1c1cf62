"""PostgreSQL: one schema per service, one transaction per request."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import structlog
from asyncpg import CannotConnectNowError
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.settings import Secret

log = structlog.get_logger()

UP_SECONDS_MAX: Final = 60.0
UP_POLL_SECONDS: Final = 0.1
STATEMENT_SECONDS_MAX: Final = 60.0
"""PostgreSQL ends a statement that takes longer."""
IDLE_SECONDS_MAX: Final = 60.0
"""PostgreSQL ends a connection that leaves a transaction waiting for longer: it holds what others need."""


def connect(
    url: Secret,
    *,
    schema: str,
    connections_max: int = 10,
    statement_seconds_max: float = STATEMENT_SECONDS_MAX,
    idle_seconds_max: float = IDLE_SECONDS_MAX,
) -> AsyncEngine:
    """An engine whose unqualified table names mean `schema`; accepts `postgresql://` as people write it.

    A limit of 0 is none.
    """
    settings = {
        "search_path": schema,
        "application_name": schema,
        "statement_timeout": str(int(statement_seconds_max * 1000)),
        "idle_in_transaction_session_timeout": str(int(idle_seconds_max * 1000)),
    }
    return create_async_engine(
        async_url(url),
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # what a failed statement was given may be secret, and errors are logged
        connect_args={"timeout": 5, "server_settings": settings},
    )


def async_url(url: Secret) -> URL:
    """The address with the driver that we use, whichever it names."""
    return make_url(url.reveal()).set(drivername="postgresql+asyncpg")


def transactions(engine: AsyncEngine) -> Callable[[], AsyncGenerator[AsyncConnection]]:
    """The request's transaction as a dependency: commit on return, roll back on any exception."""

    async def transaction() -> AsyncGenerator[AsyncConnection]:
        async with engine.begin() as connection:
            yield connection

    return transaction


def snapshots(engine: AsyncEngine) -> Callable[[], AsyncGenerator[AsyncConnection]]:
    """A transaction as a dependency whose queries all see the same moment; for reading."""

    async def snapshot() -> AsyncGenerator[AsyncConnection]:
        async with engine.connect() as connection:
            yield await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    return snapshot


def check(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """A readiness check: can a statement be run?"""

    async def answers() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))

    return answers


async def until_up(engine: AsyncEngine) -> None:
    """Wait for a server that is still starting, a minute at most. Any other refusal is raised at once."""
    until = time.monotonic() + UP_SECONDS_MAX
    told = False
    while True:
        try:
            async with engine.connect():
                return
        except (ConnectionError, DBAPIError) as error:
            if not _is_not_up(error) or time.monotonic() > until:
                raise
            if not told:
                log.info("database.awaited", error=repr(error)[:300])
                told = True
        await asyncio.sleep(UP_POLL_SECONDS)


def _is_not_up(error: ConnectionError | DBAPIError) -> bool:
    """Nobody listens, or who listens says that it is starting; SQLAlchemy has no class of its own for the latter."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) == CannotConnectNowError.sqlstate
    return True


async def advisory_lock(connection: AsyncConnection, name: str) -> None:
    """Wait for a lock that is held until the transaction ends, by name."""
    await connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
