"""The wiring: settings in, application out."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from litestar import Litestar

from chassis import app, database
from chassis.background import Supervisor
from chassis.service_tokens import KeysOfAuth
from chassis.tokens import FetchKeys, KeySet, RevokedSessions, Verifier, caller, gate
from newservice.events import projection
from newservice.routes import router
from newservice.settings import Settings
from streams import bus
from streams.relay import Relay
from streams.consumer import ConsumerGroup, once

STREAM = "newservice.events"


def create_app(settings: Settings, *, fetch_keys: FetchKeys | None = None) -> Litestar:
    """Needs a running event loop. `fetch_keys` stands in for asking auth for its public keys."""
    engine = database.connect(settings.database_url, schema="newservice")
    redis = bus.connect(settings.redis_url.reveal())
    http = aiohttp.ClientSession()
    keys = KeySet(fetch_keys or KeysOfAuth(http, settings.auth_url))
    verifier = Verifier(keys, service="newservice", revoked=RevokedSessions())
    effect = once(engine, reader="newservice", projection=projection)
    workers = Supervisor(
        Relay(engine, redis, stream=STREAM).worker(),
        ConsumerGroup(redis, streams=[STREAM], group="newservice", effect=effect).worker(),
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        yield
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
        supervisor=workers,
    )
