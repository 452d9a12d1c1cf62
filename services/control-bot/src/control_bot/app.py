"""The wiring: settings in, application out."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import hikari
import lightbulb
from litestar import Litestar
from redis.asyncio import Redis

from chassis import app
from chassis.http import ServiceClient
from chassis.service_tokens import ServiceTokens
from control_bot.clients.screen import Screen
from control_bot.clients.services import Services
from control_bot.commands import buttons, slash
from control_bot.commands.connection import IDLE, Connection
from control_bot.commands.handlers import HANDLERS
from control_bot.commands.reception import Reception
from control_bot.events import MEDIA_EVENTS, listener
from control_bot.settings import Settings
from control_bot.store.board import Board
from control_bot.store.leases import Leases
from control_bot.store.panels import Panels
from control_bot.store.suggestions import Suggestions
from control_bot.usecases.desk import Desk
from control_bot.usecases.panels import PanelKeeper
from streams import bus
from streams.view import View

NAME = "control-bot"
INTENTS = hikari.Intents.GUILDS | hikari.Intents.GUILD_VOICE_STATES


def create_app(settings: Settings) -> Litestar:
    """Needs a running event loop. Without a token there is nothing but health."""
    if not settings.discord_token.reveal():
        return app.create_app(NAME, settings, routes=[], dependencies={}, checks={"discord": _idle})
    http = aiohttp.ClientSession()
    redis = bus.connect(settings.redis_url.reveal())
    board = Board()
    suggestions = Suggestions(kept_seconds=settings.suggestions_kept_seconds)
    desk = Desk(_services(http, settings), board, suggestions, settings)
    bot = hikari.GatewayBot(
        settings.discord_token.reveal(),
        rest_url=settings.discord_rest_url or None,
        intents=INTENTS,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )
    client = lightbulb.client_from_app(
        bot, localization_provider=lightbulb.DictLocalizationProvider(slash.localizations())
    )
    reception = Reception(bot, desk, Leases(redis, wait_seconds=settings.lease_seconds_max))
    slash.register(client, reception, HANDLERS)
    buttons.listen(bot, reception)
    connection = Connection(bot, client, retry_seconds=settings.discord_retry_seconds)
    keeper = PanelKeeper(
        Panels(redis, days_max=settings.panel_days_max),
        Screen(bot),
        address_of=desk.recording_address,
        seconds_min=settings.panel_seconds_min,
    )
    since = timedelta(minutes=settings.catch_up_minutes)
    view = View(redis, streams=[MEDIA_EVENTS], deliver=listener(board, keeper), since=since)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(one.run()) for one in (connection, view, keeper)]
                yield
                for task in running:
                    task.cancel()
        finally:
            await http.close()
            await redis.aclose()

    return app.create_app(
        NAME,
        settings,
        routes=[],
        dependencies={},
        checks={"discord": connection.check, "redis": lambda: _answers(redis)},
        lifespan=[lifespan],
    )


def _services(http: aiohttp.ClientSession, settings: Settings) -> Services:
    tokens = ServiceTokens(http, service=NAME, key_file=settings.service_key_file, auth_url=settings.auth_url)
    addresses = {"media": settings.media_url, "messaging": settings.messaging_url}
    return Services(
        {
            name: ServiceClient(http, name, url, tokens=tokens, seconds=settings.call_seconds_max)
            for name, url in addresses.items()
        }
    )


async def _idle() -> str:
    return IDLE


async def _answers(redis: Redis) -> None:
    await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
