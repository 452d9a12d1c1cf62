"""The wiring: settings in, application out."""

import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar, Router
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from auth.clients.discord import Discord
from auth.clients.hasher import Hasher
from auth.clients.postman import FolderPostman, postman_for
from auth.clients.service_keys import ServiceKeys
from auth.clients.throttle import Throttle
from auth.domain.refusals import Recorded
from auth.domain.visits import Visit
from auth.routes import accounts, credentials, dev_mail, discord, factors, gate, link_page, security, services, sessions
from auth.routes.limits import telling
from auth.routes.visits import visits
from auth.settings import Settings
from auth.store.vault import Vault
from auth.usecases import keeping, mailing
from auth.usecases.keys import KeyRing
from auth.usecases.tools import Begin, Tools
from chassis import app, database
from chassis.background import Supervisor
from chassis.tokens import KeySet, RevokedSessions, Verifier
from contracts.times import now
from streams import bus
from streams.relay import Relay

STREAM = "auth.events"
THROTTLE_TIMEOUT_SECONDS = 1.0

ROUTES = [
    *accounts.ROUTES,
    *credentials.ROUTES,
    *sessions.ROUTES,
    *factors.ROUTES,
    *discord.ROUTES,
    *link_page.ROUTES,
    *security.ROUTES,
]


def create_app(settings: Settings, *, clock: Callable[[], datetime] = now) -> Litestar:
    """Auth, ready to be served; `clock` stands still in tests."""
    engine = database.connect(settings.database_url, schema="auth", connections_max=settings.database_connections_max)
    redis = bus.connect(settings.redis_url.reveal())
    begin = transactions(engine)
    tools = create_tools(settings, clock=clock)
    service_keys = ServiceKeys(settings.service_jwks_file)
    verifier = Verifier(KeySet(tools.ring.jwks, kept_seconds=0), service="auth", revoked=RevokedSessions())
    workers = Supervisor(
        Relay(engine, redis, stream=STREAM).worker(bound_seconds=math.inf),
        *keeping.workers(begin, tools),
        mailing.worker(begin, tools),
    )

    visit_of = visits(settings)

    def visit(request: gate.AnyRequest) -> Visit:
        return visit_of(request)

    async def transaction() -> AsyncGenerator[AsyncConnection]:
        """One request, one transaction."""
        async with begin() as connection:
            yield connection

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        await keeping.prepare(begin, tools)
        yield
        await tools.close()
        await redis.aclose()
        await engine.dispose()

    shown_mail = dev_mail.routes_for(tools.postman) if isinstance(tools.postman, FolderPostman) else []
    guards = [gate.keeper(begin, tools, verifier, visit_of)]
    api = Router("/api/v1/auth", route_handlers=ROUTES, middleware=[telling], guards=guards)
    machines = Router("/", route_handlers=services.ROUTES, guards=guards)
    return app.create_app(
        "auth",
        settings,
        routes=[api, machines, *shown_mail],
        dependencies={
            "actor": gate.actor,
            "administrator": gate.administrator,
            "begin": lambda: begin,
            "calling_service": gate.calling_service,
            "confirmed": gate.confirmed,
            "service_keys": lambda: service_keys,
            "tools": lambda: tools,
            "transaction": transaction,
            "verifier": lambda: verifier,
            "visit": visit,
        },
        lifespan=[lifespan],
        supervisor=workers,
        checks={"database": database.check(engine), "redis": redis_check(redis)},
    )


def create_tools(settings: Settings, *, clock: Callable[[], datetime]) -> Tools:
    """What use cases work with; nothing is connected yet."""
    return Tools(
        settings=settings,
        vault=Vault(settings.master_key, before=settings.master_key_before),
        ring=KeyRing(),
        hasher=Hasher(settings),
        throttle=Throttle(bus.connect(settings.redis_url.reveal(), timeout_seconds=THROTTLE_TIMEOUT_SECONDS)),
        postman=postman_for(settings),
        discord=Discord(settings),
        clock=clock,
    )


def redis_check(redis: Redis) -> Callable[[], Awaitable[str]]:
    """Redis away does not make auth unready: it goes on without."""

    async def answers() -> str:
        try:
            await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
        except bus.OUTAGES:
            return "away: events wait, attempts are counted in this process"
        return "ok"

    return answers


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
