"""The wiring: settings in, application out."""

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import structlog
from litestar import Litestar
from redis.asyncio import Redis

from chassis import app
from chassis.background import Supervisor, Worker
from chassis.health import Check
from chassis.http import Tokens
from chassis.service_tokens import ServiceTokens
from recorder_bot import events
from recorder_bot.clients.discord import Access, BotAccount, is_token
from recorder_bot.clients.media import Media
from recorder_bot.settings import Settings
from recorder_bot.store.spool import Spool
from recorder_bot.usecases.recorder import Recorder
from streams import bus
from streams.consumer import ConsumerGroup
from streams.subscriber import BroadcastSubscriber

IDLE = "idle: no Discord token"
MISSHAPEN = "token {number} is not one (RECORDER_BOT_DISCORD_TOKENS)"

log = structlog.get_logger()


def create_app(settings: Settings, *, tokens: Tokens | None = None) -> Litestar:
    """Needs a running event loop. `tokens` stands in for asking auth for service tokens."""
    http = aiohttp.ClientSession()
    redis = bus.connect(settings.redis_url.reveal())
    access = Access(
        rest_url=settings.discord_rest_url,
        ca_file=settings.discord_ca_file,
        quiet_seconds=settings.discord_quiet_seconds,
        answer_seconds=settings.discord_answer_seconds,
    )
    given = _tokens(settings)
    identities = [BotAccount(token, access=access) for token in given if is_token(token)]
    misshapen = [number for number, token in enumerate(given, start=1) if not is_token(token)]
    for number in misshapen:
        log.error("discord.token_misshapen", problem=MISSHAPEN.format(number=number))
    own = tokens or ServiceTokens(
        http, service="recorder-bot", key_file=settings.service_key_file, auth_url=settings.auth_url
    )
    media = Media(http, url=settings.media_url, tokens=own, upload_seconds_max=settings.upload_seconds_max)
    spool = Spool(Path(settings.spool_folder))
    workers = Supervisor()
    recorder = Recorder(identities, media=media, spool=spool, settings=settings, supervisor=workers)
    work = ConsumerGroup(redis, streams=[events.STREAM], group=events.GROUP, effect=events.share(recorder))
    view = BroadcastSubscriber(redis, streams=[events.STREAM], deliver=events.view(recorder))

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        discord = [Worker(f"discord {one.id}", one.run, bound_seconds=math.inf) for one in identities]
        async with workers.running(*discord):
            # Without a token nothing is taken: another recorder may have one.
            working = [recorder.worker(), work.worker(), view.worker()]
            try:
                async with workers.running(*working if identities else []):
                    yield
            finally:
                await recorder.end()
        spool.close()
        await http.close()
        await redis.aclose()

    return app.create_app(
        "recorder-bot",
        settings,
        routes=[],
        dependencies={},
        checks={
            "discord": _connected(identities, misshapen),
            "redis": lambda: _answers(redis),
            "spool": _roomy(spool, settings),
        },
        lifespan=[lifespan],
        supervisor=workers,
    )


def _tokens(settings: Settings) -> list[str]:
    return [token for each in settings.discord_tokens.reveal().split(",") if (token := each.strip())]


def _connected(identities: list[BotAccount], misshapen: list[int]) -> Check:
    async def check() -> str | None:
        if misshapen:
            raise ConnectionError("; ".join(MISSHAPEN.format(number=number) for number in misshapen))
        problems = {identity.id: identity.problem for identity in identities if not identity.ready}
        if problems:
            raise ConnectionError("; ".join(f"{name} {problem}" for name, problem in problems.items()))
        return None if identities else IDLE

    return check


def _roomy(spool: Spool, settings: Settings) -> Check:
    async def check() -> str | None:
        if not spool.lock():
            raise OSError("another recorder uses this spool: give each one its own RECORDER_BOT_SPOOL_FOLDER")
        if (free := spool.free_bytes()) < settings.spool_free_bytes_min:
            raise OSError(f"only {free >> 20} MiB are free for the spool")
        refused = await spool.refused()
        return f"{refused} segments that media refused lie in the spool's folders refused/" if refused else None

    return check


async def _answers(redis: Redis) -> None:
    await redis.ping()  # pyright: ignore[reportUnknownMemberType]  untyped in redis
