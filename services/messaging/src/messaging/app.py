"""The wiring: settings in, application out."""

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta

import aiohttp
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import app, database, idempotency
from chassis.background import Supervisor, Worker, every
from chassis.http import ServiceClient
from chassis.service_tokens import KeysOfAuth, ServiceTokens
from chassis.tokens import FetchKeys, KeySet, RevokedSessions, Verifier, caller, visitor
from contracts.tokens import REVOKED_SECONDS
from messaging.clients import DiscordUsers, Uploads
from messaging.events import projection
from messaging.routes import changes, channels, export, internal, members, messages, reading, spaces, start
from messaging.routes.acting import gate, manages_guild
from messaging.routes.group_commit import GroupCommitter
from messaging.routes.post_server import PostServer
from messaging.routes.posting import AttachmentPoster, SinglePoster, WritePath
from messaging.settings import Settings
from messaging.usecases.attaching import Attachments
from messaging.usecases.exporting import Exports
from messaging.usecases.keeping import Sweeper
from messaging.usecases.summaries import ThreadSummaries
from streams import bus
from streams.consumer import ConsumerGroup, once
from streams.redaction import Redactor
from streams.relay import Relay
from streams.subscriber import BroadcastSubscriber

REVOKED_SINCE = timedelta(seconds=REVOKED_SECONDS)
AUTH_EVENTS = "auth.events"
ROUTERS = [
    start.router,
    spaces.router,
    members.router,
    channels.router,
    messages.router,
    changes.router,
    reading.router,
    export.router,
]


def create_app(settings: Settings, *, fetch_keys: FetchKeys | None = None) -> Litestar:
    """Needs a running event loop. `fetch_keys` stands in for asking auth for its public keys."""
    engine = database.connect(
        settings.database_url, schema="messaging", connections_max=settings.database_connections_max
    )
    redis = bus.connect(settings.redis_url.reveal())
    http = aiohttp.ClientSession()
    revoked = RevokedSessions()
    keys = KeySet(fetch_keys or KeysOfAuth(http, settings.auth_url))
    verifier = Verifier(keys, service="messaging", revoked=revoked)
    users, uploads = _neighbours(http, settings)
    summaries = ThreadSummaries(engine, threads_max=settings.threads_per_update_max)
    relay = Relay(engine, redis, stream="messaging.events", carried=summaries.note)
    redactor = Redactor(engine, redis, stream="messaging.events")
    exports = Exports(engine, settings)
    group = GroupCommitter(engine, relay, limits=settings)
    plain: WritePath = group if settings.group_commit else SinglePoster(engine, limits=settings)
    write_path = AttachmentPoster(plain, Attachments(engine, uploads, limits=settings))
    post_server = PostServer(group, verifier, settings)

    workers = Supervisor(
        relay.worker(),
        redactor.worker(),
        *_readers(engine, redis, revoked),
        Worker("threads", summaries.publish, wait=every(settings.thread_update_seconds), bound_seconds=math.inf),
        Worker("group commit", group.run, bound_seconds=math.inf),
        *Sweeper(engine, settings).workers(),
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with post_server.listening() if settings.group_commit else nullcontext():
            yield
        exports.close()
        await http.close()
        await redis.aclose()
        await engine.dispose()

    return app.create_app(
        "messaging",
        settings,
        routes=[*ROUTERS, internal.router(verifier)],
        dependencies={
            "caller": caller,
            "visitor": visitor,
            "manages_guild": manages_guild,
            "transaction": database.transactions(engine),
            "snapshot": database.snapshots(engine),
            "exports": lambda: exports,
            "limits": lambda: settings,
            "once": idempotency.once(kept_days=settings.idempotency_keys_kept_days),
            "write_path": lambda: write_path,
            "post_server": lambda: post_server,
        },
        checks={"database": database.check(engine), "redis": lambda: _answers(redis)},
        guards=[gate(verifier, users, acting_services=settings.acting_services)],
        lifespan=[lifespan],
        supervisor=workers,
    )


def _readers(engine: AsyncEngine, redis: Redis, revoked: RevokedSessions) -> tuple[Worker, Worker]:
    view = BroadcastSubscriber(redis, streams=[AUTH_EVENTS], deliver=revoked.apply, since=REVOKED_SINCE)
    effect = once(engine, reader="messaging", projection=projection)
    return view.worker(), ConsumerGroup(redis, streams=[AUTH_EVENTS], group="messaging", effect=effect).worker()


def _neighbours(http: aiohttp.ClientSession, settings: Settings) -> tuple[DiscordUsers, Uploads]:
    tokens = ServiceTokens(http, service="messaging", key_file=settings.service_key_file, auth_url=settings.auth_url)
    auth = ServiceClient(http, "auth", settings.auth_url, tokens=tokens)
    media = ServiceClient(http, "media", settings.media_url, tokens=tokens, seconds=settings.ask_seconds_max)
    return DiscordUsers(auth), Uploads(media if settings.media_url else None)


async def _answers(redis: Redis) -> None:
    await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
