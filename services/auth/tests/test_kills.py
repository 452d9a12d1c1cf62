"""Auth killed in the middle of what it does: nothing half done is left, and asking again works."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from chassis.database import connect
from chassis.settings import Secret
from embedded import ports

from .mailbox import Mailbox
from .people import EMAIL, PASSWORD

ACCOUNT = {"email": EMAIL, "password": PASSWORD, "display_name": "Ann"}
NAME = "auth"


class Process:
    """`python -m auth serve`."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = os.environ | environ
        self.url = f"http://127.0.0.1:{environ['AUTH_PORT']}/api/v1/auth"
        self.running: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.running = await asyncio.to_thread(
            subprocess.Popen, [sys.executable, "-m", "auth", "serve"], env=self.environ, stdout=subprocess.DEVNULL
        )
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                try:
                    await client.get(self.url)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    async def ask(self, path: str, body: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(self.url + path, json=body)


@pytest.fixture
async def process(
    fresh_database: Callable[..., Awaitable[Secret]], redis_url: Secret, mailbox: Mailbox
) -> AsyncGenerator[tuple[Process, Secret]]:
    mailbox.empty()
    database_url = await fresh_database(NAME)
    environ = {
        "AUTH_PORT": str(ports.choose(1)[0]),
        "DATABASE_URL": database_url.reveal(),
        "REDIS_URL": redis_url.reveal(),
        "AUTH_SMTP_URL": mailbox.url,
        "AUTH_MASTER_KEY": "a master key that no database has",
        "AUTH_REQUIRE_VERIFIED_EMAIL": "false",
        "AUTH_ARGON2_MEMORY_KIB": "8",
    }
    made = Process(environ)
    await made.start()
    yield made, database_url
    made.kill()


@asynccontextmanager
async def held(database_url: Secret, table: str) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    """Whoever wants to write to the table waits; `await reached()` returns when somebody does."""
    engine = connect(database_url, schema=NAME, connections_max=2)
    waiting = text("select count(*) from pg_locks where not granted and relation = cast(:table as regclass)")

    async def reached() -> None:
        async with asyncio.timeout(20), engine.connect() as watching:
            while not await watching.scalar(waiting, {"table": f"{NAME}.{table}"}):  # noqa: ASYNC110  no event for it
                await asyncio.sleep(0.01)

    async with engine.begin() as connection:
        await connection.execute(text(f"lock table {table} in share mode"))
        yield reached
    await engine.dispose()


async def killed_at(process: tuple[Process, Secret], table: str, path: str, body: dict[str, Any]) -> None:
    """Ask, and kill the process in the moment when it is about to write to the table; then start it again."""
    running, database_url = process
    async with held(database_url, table) as reached:
        asking = asyncio.create_task(running.ask(path, body))
        await reached()
        running.kill()
        await asyncio.wait({asking})
        assert asking.exception() is not None
    await running.start()


class TestKilled:
    @pytest.mark.parametrize("table", ["security_log", "mails", "log"])
    async def test_while_registering(self, process: tuple[Process, Secret], table: str) -> None:
        await killed_at(process, table, "/register", ACCOUNT)
        running, _ = process

        before = await running.ask("/login", {"email": EMAIL, "password": PASSWORD})
        await running.ask("/register", ACCOUNT)
        after = await running.ask("/login", {"email": EMAIL, "password": PASSWORD})

        assert (before.status_code, after.status_code) == (401, 200)

    async def test_while_refreshing(self, process: tuple[Process, Secret]) -> None:
        running, _ = process
        await running.ask("/register", ACCOUNT)
        login = (await running.ask("/login", {"email": EMAIL, "password": PASSWORD})).json()
        body = {"refresh_token": login["refresh_token"]}

        await killed_at(process, "sessions", "/refresh", body)

        first, second = await running.ask("/refresh", body), await running.ask("/refresh", body)
        assert first.status_code == 200
        assert first.json()["refresh_token"] == second.json()["refresh_token"]

    async def test_while_rotating_keys(self, process: tuple[Process, Secret]) -> None:
        running, database_url = process
        await running.ask("/register", ACCOUNT)
        async with held(database_url, "signing_keys") as reached:
            command = [sys.executable, "-m", "auth", "rotate-keys"]
            rotating = await asyncio.to_thread(subprocess.Popen, command, env=running.environ)
            await reached()
            rotating.kill()
            await asyncio.to_thread(rotating.wait)

        engine = connect(database_url, schema=NAME, connections_max=1)
        async with engine.begin() as connection:
            keys = (await connection.execute(text("select ends_at from signing_keys"))).all()
        await engine.dispose()

        assert [row.ends_at for row in keys] == [None]
        assert (await running.ask("/login", {"email": EMAIL, "password": PASSWORD})).status_code == 200
