"""The wiring: settings in, application out."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from litestar import Litestar

from chassis import app, database
from chassis.service_tokens import KeysOfAuth
from chassis.tokens import FetchKeys, KeySet, RevokedSessions, Verifier, caller, gate
from newservice.events import handlers
from newservice.routes import router
from newservice.settings import Settings
from streams import bus
from streams.relay import Relay
from streams.work import ShareOfWork, once

STREAM = "newservice.events"


def create_app(settings: Settings, *, fetch_keys: FetchKeys | None = None) -> Litestar:
    """Needs a running event loop. `fetch_keys` stands in for asking auth for its public keys."""
    engine = database.connect(settings.database_url, schema="newservice")
    redis = bus.connect(settings.redis_url.reveal())
    http = aiohttp.ClientSession()
    keys = KeySet(fetch_keys or KeysOfAuth(http, settings.auth_url))
    verifier = Verifier(keys, service="newservice", revoked=RevokedSessions())
    relay = Relay(engine, redis, stream=STREAM)
    effect = once(engine, reader="newservice", handlers=handlers)
    work = ShareOfWork(redis, streams=[STREAM], group="newservice", effect=effect)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one.run()) for one in (relay, work)]
            yield
            for task in running:
                task.cancel()
        await http.close()
        await redis.aclose()
        await engine.dispose()

    return app.create_app(
        "newservice",
        settings,
        routes=[router],
        dependencies={
            "caller": caller,
            "transaction": database.transactions(engine),
            "limits": lambda: settings,
        },
        checks={"database": database.check(engine)},
        guards=[gate(verifier)],
        lifespan=[lifespan],
    )
