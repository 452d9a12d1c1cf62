"""The wiring: settings in, application out."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import app, database, idempotency
from chassis.background import Supervisor, Worker
from chassis.health import Check
from chassis.http import ServiceClient
from chassis.service_tokens import KeysOfAuth, ServiceTokens
from chassis.tokens import FetchKeys, KeySet, RevokedSessions, Verifier
from contracts.events import Envelope
from contracts.tokens import REVOKED_SECONDS
from media.clients.objects import Objects
from media.clients.services import Services
from media.clients.signing import SigningKey
from media.events import concerns_media, own_handlers, projection
from media.routes import files, internal, recordings, uploads
from media.routes.actors import actor, gate
from media.settings import Settings
from media.usecases.abandoning import Hearing
from media.usecases.checking import Checks
from media.usecases.conversing import Channels
from media.usecases.learning import Learner
from media.usecases.sweeping import Sweepers
from streams import bus
from streams.consumer import ConsumerGroup, Effect, once
from streams.relay import Relay
from streams.subscriber import BroadcastSubscriber

REVOKED_SINCE = timedelta(seconds=REVOKED_SECONDS)
AUTH_EVENTS, MESSAGING_EVENTS, MEDIA_EVENTS = "auth.events", "messaging.events", "media.events"


def create_app(settings: Settings, *, fetch_keys: FetchKeys | None = None, hearing: Hearing | None = None) -> Litestar:
    """Needs a running event loop. `fetch_keys` stands in for asking auth for its public keys; `hearing` says since when
    recorders are heard, which is since now."""
    engine = database.connect(settings.database_url, schema="media", connections_max=settings.database_connections_max)
    redis = bus.connect(settings.redis_url.reveal())
    http = aiohttp.ClientSession()
    objects = Objects(settings)
    signing = SigningKey(Path(settings.service_key_file))
    revoked = RevokedSessions()
    keys = KeySet(fetch_keys or KeysOfAuth(http, settings.auth_url))
    verifier = Verifier(keys, service="media", revoked=revoked)
    relay = Relay(engine, redis, stream=MEDIA_EVENTS)
    hearing = hearing or Hearing(break_seconds=settings.unheard_seconds + settings.sweep_seconds)
    services = _services(http, settings)
    shows = services.shows if settings.messaging_url else None
    sweepers = Sweepers(engine, objects, settings, hearing=hearing, shows=shows)
    learner = Learner(engine, services, settings)
    checks = Checks(settings)

    view = BroadcastSubscriber(redis, streams=[AUTH_EVENTS], deliver=revoked.apply, since=REVOKED_SINCE)
    workers = Supervisor(
        relay.worker(),
        view.worker(),
        *sweepers.workers(),
        *_consumers(engine, redis, services if settings.messaging_url else None),
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with objects.connected():
            yield
            await checks.end()
        await http.close()
        await redis.aclose()
        await engine.dispose()

    return app.create_app(
        "media",
        settings,
        routes=[recordings.router, files.router, uploads.router, internal.router(verifier)],
        dependencies={
            "actor": actor,
            "transaction": database.transactions(engine),
            "engine": lambda: engine,
            "settings": lambda: settings,
            "objects": lambda: objects,
            "signing": lambda: signing,
            "sweepers": lambda: sweepers,
            "hearing": lambda: hearing,
            "learner": lambda: learner,
            "services": lambda: services,
            "checks": lambda: checks,
            "once": idempotency.once(kept_days=settings.idempotency_keys_kept_days),
        },
        checks=_checks(engine, redis, objects),
        guards=[gate(verifier, engine, learner, acting_services=settings.acting_services)],
        lifespan=[lifespan],
        supervisor=workers,
    )


def _if_it_concerns_media(effect: Effect) -> Effect:
    async def checked(envelope: Envelope) -> None:
        if concerns_media(envelope):
            await effect(envelope)

    return checked


def _consumers(engine: AsyncEngine, redis: Redis, services: Services | None) -> list[Worker]:
    """Without `services` nobody is asked for channels."""
    effect = _if_it_concerns_media(once(engine, reader="media", projection=projection))
    work = [ConsumerGroup(redis, streams=[AUTH_EVENTS, MESSAGING_EVENTS], group="media", effect=effect)]
    if services is not None:
        give_channels = partial(own_handlers.handle, Channels(engine, services))
        work.append(ConsumerGroup(redis, streams=[MEDIA_EVENTS], group="media", effect=give_channels))
    return [one.worker() for one in work]


def _services(http: aiohttp.ClientSession, settings: Settings) -> Services:
    tokens = ServiceTokens(http, service="media", key_file=settings.service_key_file, auth_url=settings.auth_url)
    return Services(
        auth=ServiceClient(http, "auth", settings.auth_url, tokens=tokens, seconds=settings.ask_seconds_max),
        messaging=ServiceClient(
            http, "messaging", settings.messaging_url, tokens=tokens, seconds=settings.ask_seconds_max
        ),
    )


def _checks(engine: AsyncEngine, redis: Redis, objects: Objects) -> dict[str, Check]:
    async def answers() -> None:
        await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis

    return {"database": database.check(engine), "redis": answers, "objects": objects.check}
