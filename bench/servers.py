"""One PostgreSQL and one Valkey for both sides, with the durability that `make run` gives them."""

from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from embedded import Server, postgres, valkey

_PEER_DATABASE = "peer"
_PEER_TABLE = """
    create table messages (
        id bigint generated always as identity primary key,
        room text not null,
        user_id text not null,
        body text not null,
        created_at timestamptz not null default now()
    )
"""


class Servers(msgspec.Struct, frozen=True):
    """Both running, empty, and how to reach them."""

    postgres: Server
    valkey: Server

    @property
    def secrets(self) -> Path:
        """The folder of generated passwords, in which our services' keys go too."""
        return self.postgres.secrets

    @property
    def redis_password_file(self) -> Path:
        return self.secrets / valkey.CREDENTIAL

    def peer_environ(self) -> dict[str, str]:
        """How the peer's programs reach them."""
        return {
            "REDIS_URL": self.valkey.url,
            "PGPORT": str(self.postgres.port),
            "PGUSER": postgres.USER,
            "PGPASSWORD": self.postgres.secret(postgres.CREDENTIAL),
            "PGDATABASE": _PEER_DATABASE,
        }


@contextmanager
def running(folder: Path) -> Generator[Servers]:
    """Start both; their data are gone afterwards with the folder."""
    servers = Servers(Server("postgres", folder), Server("valkey", folder))
    with ExitStack() as stack:
        for server in (servers.postgres, servers.valkey):
            stack.callback(server.close)
            server.begin()
        for server in (servers.postgres, servers.valkey):
            server.wait_until_ready()
        yield servers


async def prepare_peer_database(servers: Servers) -> None:
    """The peer's one table, in a database beside ours."""
    async with _connected(servers.postgres.url) as connection:
        await connection.execute(text(f"create database {_PEER_DATABASE}"))
    async with _connected(servers.postgres.url.rpartition("/")[0] + f"/{_PEER_DATABASE}") as connection:
        await connection.execute(text(_PEER_TABLE))


async def postgres_version(servers: Servers) -> str:
    """What it says it is, with the settings that decide how durable it is."""
    names = ("server_version", "fsync", "synchronous_commit")
    async with _connected(servers.postgres.url) as connection:
        version, fsync, commit = [str(await connection.scalar(text(f"show {name}"))) for name in names]
    return f"{version} (fsync {fsync}, synchronous_commit {commit})"


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[AsyncConnection]:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        yield connection
