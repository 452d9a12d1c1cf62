"""The fixtures: servers, databases, Redis, S3, and servers of one's own to break."""

import gc
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
import structlog

from chassis import metrics
from chassis.settings import Secret, ServiceSettings
from embedded import Server
from embedded.kinds import KindName
from testkit import containers, folders, machine
from testkit.clock import Clock
from testkit.databases import Databases
from testkit.servers import S3, Servers

FreshDatabase = Callable[..., Awaitable[Secret]]


def pytest_configure() -> None:
    """Refuse impossible wishes before the first test, and keep log lines plain."""
    machine.provide_node()
    if containers.wanted(os.environ):
        containers.require_engine()
    metrics.configure("tests", ServiceSettings(port=0))
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Generator[None]:
    """What a module's tests forgot to close is said at its end, and not in whichever test happens to run later."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def servers_folder() -> Generator[Path]:
    """A folder for server data: reachable by the unprivileged user who runs them when we are root."""
    folder = folders.make()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(servers_folder: Path) -> Generator[Servers]:
    """PostgreSQL, Valkey and S3 of this test process, each started when first asked for."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    running = Servers(servers_folder, os.environ, int(worker))
    yield running
    running.close()


@pytest.fixture(scope="session")
async def databases(servers: Servers) -> AsyncGenerator[Databases]:
    """Makes databases; tests ask for `fresh_database` instead."""
    maker = Databases(servers.database_url)
    yield maker
    await maker.drop_all()


@pytest.fixture
async def fresh_database(databases: Databases) -> AsyncGenerator[FreshDatabase]:
    """`url = await fresh_database("auth")`: a database migrated for the named services, bare without a name."""
    yield databases.create
    await databases.drop_made()


@pytest.fixture
async def bare_database(fresh_database: FreshDatabase) -> Secret:
    """The address of an empty database."""
    return await fresh_database()


@pytest.fixture
def redis_url(servers: Servers) -> Secret:
    """The address of an empty logical database."""
    untyped: Any = redis.Redis  # its **kwargs have no type
    with untyped.from_url(servers.redis_url) as client:
        client.flushdb()
    return Secret(servers.redis_url)


@pytest.fixture
def s3(servers: Servers) -> Generator[S3]:
    """A store with an empty bucket."""
    # Only here: importing boto3 costs a third of a second, which tests without S3 need not pay.
    from testkit.buckets import create_bucket, delete_bucket  # noqa: PLC0415  see above

    store = create_bucket(servers.s3, f"test-{uuid4().hex}")
    yield store
    delete_bucket(store)


@pytest.fixture
def own_server() -> Generator[Callable[[KindName], Server]]:
    """`server = own_server("valkey")`: a running server that this test may kill, pause and restart."""
    folder = folders.make()
    started: list[Server] = []

    def start(kind: KindName) -> Server:
        server = Server(kind, folder / uuid4().hex, fsync=False)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_valkey(own_server: Callable[[KindName], Server]) -> Server:
    """A Valkey of this test's own."""
    return own_server("valkey")


@pytest.fixture
def own_postgres(own_server: Callable[[KindName], Server]) -> Server:
    """A PostgreSQL of this test's own."""
    return own_server("postgres")


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is told to go."""
    return Clock()
