"""The wiring: settings in, application out."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar, Router
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from auth.clients.hasher import Hasher
from auth.clients.service_keys import ServiceKeys
from auth.domain.refusals import Recorded
from auth.routes import accounts, services, sessions
from auth.routes.visits import actors, visits
from auth.settings import Settings
from auth.store.vault import Vault
from auth.usecases import keeping, keys
from auth.usecases.keys import KeyRing
from auth.usecases.tools import Begin, Tools
from chassis import app, database
from chassis.tokens import KeySet, RevokedSessions, Verifier, calling_services
from contracts.times import now, rfc3339
from streams import bus
from streams.relay import Relay

STREAM = "auth.events"


def create_app(settings: Settings, *, clock: Callable[[], datetime] = now) -> Litestar:
    """Auth, ready to be served; `clock` stands still in tests."""
    engine = database.connect(settings.database_url, schema="auth", connections_max=settings.database_connections_max)
    redis = bus.connect(settings.redis_url.reveal())
    begin = transactions(engine)
    tools = Tools(
        settings=settings, vault=Vault(settings.master_key), ring=KeyRing(), hasher=Hasher(settings), clock=clock
    )
    verifier = Verifier(KeySet(tools.ring.jwks, kept_seconds=0), service="auth", revoked=RevokedSessions())

    service_keys = ServiceKeys(settings.service_jwks_file)

    async def transaction() -> AsyncGenerator[AsyncConnection]:
        """One request, one transaction."""
        async with begin() as connection:
            yield connection

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        await keeping.prepare(begin, tools)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(Relay(engine, redis, stream=STREAM).run()),
                tasks.create_task(keeping.keep(begin, tools)),
            ]
            yield
            for task in running:
                task.cancel()
        tools.hasher.close()
        await redis.aclose()
        await engine.dispose()

    async def redis_answers() -> str:
        try:
            await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
        except bus.AWAY:
            return "away: events wait, attempts are counted in this process"
        return "ok"

    return app.create_app(
        "auth",
        settings,
        routes=[Router("/api/v1/auth", route_handlers=[*accounts.ROUTES, *sessions.ROUTES]), *services.ROUTES],
        dependencies={
            "actor": actors(tools, verifier),
            "begin": lambda: begin,
            "calling_service": calling_services(verifier),
            "service_keys": lambda: service_keys,
            "tools": lambda: tools,
            "transaction": transaction,
            "verifier": lambda: verifier,
            "visit": visits(tools),
        },
        lifespan=[lifespan],
        checks={"database": database.check(engine), "redis": redis_answers},
    )


def transactions(engine: AsyncEngine) -> Begin:
    """Kept on return and on a refusal that left a trace; undone on anything else."""

    @asynccontextmanager
    async def begin() -> AsyncGenerator[AsyncConnection]:
        refused: Recorded | None = None
        async with engine.begin() as connection:
            try:
                yield connection
            except Recorded as refusal:
                refused = refusal
        if refused is not None:
            raise refused

    return begin


async def rotate_keys(settings: Settings, _: list[str]) -> None:
    """Put a new signing key beside the present one; it takes over once every verifier has it."""
    engine = database.connect(settings.database_url, schema="auth", connections_max=1)
    vault = Vault(settings.master_key)
    async with engine.begin() as connection:
        await vault.unlock(connection)
        key = await keys.rotate_keys(connection, vault, settings=settings, at=now())
    await engine.dispose()
    sys.stdout.write(f"{key.id} signs from {rfc3339(key.active_from)} on\n")
