"""The wiring: settings in, application out."""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import aiohttp
import hikari
import lightbulb
from hikari.applications import get_token_id
from litestar import Litestar
from redis.asyncio import Redis

from chassis import app
from chassis.background import Supervisor, Worker
from chassis.health import Check
from chassis.http import ServiceClient
from chassis.service_tokens import ServiceTokens
from control_bot.clients.renderer import PanelRenderer
from control_bot.clients.services import Services
from control_bot.commands import buttons, slash
from control_bot.commands.connection import IDLE, Connection
from control_bot.commands.dispatcher import Dispatcher
from control_bot.commands.handlers import HANDLERS
from control_bot.events import MEDIA_EVENTS, listener
from control_bot.settings import Settings
from control_bot.store.active import ActiveLease
from control_bot.store.cache import RecordingCache
from control_bot.store.leases import Leases
from control_bot.store.panels import Panels
from control_bot.store.suggestions import Suggestions
from control_bot.usecases.context import Context
from control_bot.usecases.panels import PanelUpdater
from streams import bus
from streams.subscriber import BroadcastSubscriber

NAME = "control-bot"
STANDBY = "standby: another copy is active"
INTENTS = hikari.Intents.GUILDS | hikari.Intents.GUILD_VOICE_STATES


def create_app(settings: Settings) -> Litestar:
    """Needs a running event loop. Without a token there is nothing but health."""
    if not settings.discord_token.reveal():
        return app.create_app(NAME, settings, routes=[], dependencies={}, checks={"discord": _idle})
    http = aiohttp.ClientSession()
    redis = bus.connect(settings.redis_url.reveal())
    cache = RecordingCache()
    suggestions = Suggestions(kept_seconds=settings.suggestions_kept_seconds)
    context = Context(_services(http, settings), cache, suggestions, settings)
    bot = _bot(settings)
    client = lightbulb.client_from_app(
        bot, localization_provider=lightbulb.DictLocalizationProvider(slash.localizations())
    )
    dispatcher = Dispatcher(bot, context, Leases(redis, wait_seconds=settings.lease_seconds_max))
    slash.register(client, dispatcher, HANDLERS)
    buttons.listen(bot, dispatcher)
    connection = Connection(bot, client, retry_seconds=settings.discord_retry_seconds)
    lease = ActiveLease(
        redis,
        get_token_id(settings.discord_token.reveal()),
        seconds=settings.active_lease_seconds,
        ask_seconds=settings.active_ask_seconds,
    )

    async def be_active() -> None:
        """Nothing is remembered of an earlier time: another copy was active since."""
        cache.clear()
        updater = PanelUpdater(
            Panels(redis, days_max=settings.panel_days_max),
            PanelRenderer(bot),
            address_of=context.recording_address,
            seconds_min=settings.panel_seconds_min,
        )
        since = timedelta(minutes=settings.catch_up_minutes)
        view = BroadcastSubscriber(redis, streams=[MEDIA_EVENTS], deliver=listener(cache, updater), since=since)
        loops = {"discord": connection.run, "panels": updater.run}
        work = [Worker(name, run, bound_seconds=math.inf) for name, run in loops.items()]
        async with workers.running(view.worker(), *work):
            await asyncio.Event().wait()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await http.close()
            await redis.aclose()

    workers = Supervisor(Worker("lease", partial(lease.run, be_active), bound_seconds=math.inf))

    return app.create_app(
        NAME,
        settings,
        routes=[],
        dependencies={},
        checks={"discord": _connected(lease, connection), "redis": lambda: _answers(redis)},
        lifespan=[lifespan],
        supervisor=workers,
    )


def _bot(settings: Settings) -> hikari.GatewayBot:
    return hikari.GatewayBot(
        settings.discord_token.reveal(),
        rest_url=settings.discord_rest_url or None,
        intents=INTENTS,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )


def _services(http: aiohttp.ClientSession, settings: Settings) -> Services:
    addresses = {"media": settings.media_url, "messaging": settings.messaging_url}
    return Services(
        {name: ServiceClient(http, name, url, seconds=settings.call_seconds_max) for name, url in addresses.items()},
        tokens=ServiceTokens(http, service=NAME, key_file=settings.service_key_file, auth_url=settings.auth_url),
        token_seconds_max=settings.call_seconds_max,
    )


async def _idle() -> str:
    return IDLE


def _connected(lease: ActiveLease, connection: Connection) -> Check:
    async def check() -> str | None:
        if lease.held is None:
            raise ConnectionError("Redis does not say which copy of the bot is active")
        return await connection.check() if lease.held else STANDBY

    return check


async def _answers(redis: Redis) -> None:
    await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
