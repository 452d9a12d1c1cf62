"""What runs here: for people at `/`, for programs at `/api/v1/status`."""

import asyncio
import html
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from chassis.health import Readiness
from gateway.routes.pages import Page
from gateway.settings import Settings


class Status(msgspec.Struct, frozen=True):
    """`parts` names every part of the system: ok, away, or absent when it is not installed here.

    The bots are parts that nothing else waits for: while they are away, `status` is still ok.
    """

    status: Literal["ok", "degraded"]
    parts: dict[str, Literal["ok", "away", "absent"]]


TOLD: Final = {
    "auth": "accounts, sessions, signing keys",
    "messaging": "spaces, channels, messages, search",
    "media": "uploads, recordings, exports",
    "redis": "streams between the services, rate limits, presence",
    "control-bot": "commands and panels in Discord",
    "recorder-bot": "voice channels of Discord, recorded",
}


async def status_of(readiness: Readiness, bots: Readiness) -> Status:
    health, of_bots = await asyncio.gather(readiness.ask(), bots.ask())
    checks = health.checks | of_bots.checks
    parts: dict[str, Literal["ok", "away", "absent"]] = {"gateway": "ok"}
    for name in TOLD:
        parts[name] = "absent" if name not in checks else "ok" if checks[name] == "ok" else "away"
    return Status("ok" if health.status == "ok" else "degraded", parts)


@get("/api/v1/status", tags=["status"])
async def status(readiness: NamedDependency[Readiness], bots: NamedDependency[Readiness]) -> Status:
    """Which parts of this installation answer."""
    return await status_of(readiness, bots)


@get("/", include_in_schema=False)
async def start_page(
    request: Request[Any, Any, Any],
    readiness: NamedDependency[Readiness],
    bots: NamedDependency[Readiness],
    settings: NamedDependency[Settings],
) -> Response[str]:
    """What runs here and what to try, without a script and without anything from elsewhere."""
    now = await status_of(readiness, bots)
    address = (settings.public_url or f"http://{request.headers.get('host', '127.0.0.1')}").rstrip("/")
    return _PAGE.answer(
        address=html.escape(address),
        socket=html.escape(address.replace("http", "ws", 1)),
        port=html.escape(str(settings.port)),
        mails=_MAILS if settings.environment == "development" else "",
        parts="\n".join(_row(name, now.parts[name]) for name in TOLD),
        verdict="Everything answers." if now.status == "ok" else "Some parts do not answer.",
    )


def _row(name: str, state: str) -> str:
    return f'<li class="{state}"><b>{name}</b><span>{TOLD[name]}</span><em>{state}</em></li>'


_MAILS: Final = '<li><a href="/dev/mail">Mails</a> that would have been sent</li>'
_PAGE: Final = Page("start.html")

ROUTES = [status, start_page]
