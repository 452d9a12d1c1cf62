"""What runs here: for people at `/`, for programs at `/api/v1/status`."""

import base64
import hashlib
import html
from importlib import resources
from string import Template
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from chassis.health import Readiness
from gateway.settings import Settings


class Status(msgspec.Struct, frozen=True):
    """`parts` names every part of the system: ok, away, or absent when it is not installed here."""

    status: Literal["ok", "degraded"]
    parts: dict[str, Literal["ok", "away", "absent"]]


TOLD: Final = {
    "auth": "accounts, sessions, signing keys",
    "messaging": "spaces, channels, messages, search",
    "media": "uploads, recordings, exports",
    "redis": "streams between the services, rate limits, presence",
}


async def status_of(readiness: Readiness) -> Status:
    health = await readiness.ask()
    parts: dict[str, Literal["ok", "away", "absent"]] = {"gateway": "ok"}
    for name in TOLD:
        parts[name] = "absent" if name not in health.checks else "ok" if health.checks[name] == "ok" else "away"
    return Status("ok" if health.status == "ok" else "degraded", parts)


@get("/api/v1/status", tags=["status"])
async def status(readiness: NamedDependency[Readiness]) -> Status:
    """Which parts of this installation answer."""
    return await status_of(readiness)


@get("/", include_in_schema=False)
async def start_page(
    request: Request[Any, Any, Any], readiness: NamedDependency[Readiness], settings: NamedDependency[Settings]
) -> Response[str]:
    """What runs here and what to try, without a script and without anything from elsewhere."""
    now = await status_of(readiness)
    address = settings.public_url or f"http://{request.headers.get('host', '127.0.0.1')}"
    page = _PAGE.substitute(
        address=html.escape(address.rstrip("/")),
        socket=html.escape(address.rstrip("/").replace("http", "ws", 1)),
        parts="\n".join(_row(name, now.parts[name]) for name in TOLD),
        verdict="Everything answers." if now.status == "ok" else "Some parts do not answer.",
    )
    headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-store"}
    return Response(page, media_type="text/html", headers=headers)


def _row(name: str, state: str) -> str:
    return f'<li class="{state}"><b>{name}</b><span>{TOLD[name]}</span><em>{state}</em></li>'


_TEXT: Final = resources.files("gateway").joinpath("static", "start.html").read_text()
_PAGE: Final = Template(_TEXT)
_STYLE: Final = _TEXT.partition("<style>")[2].partition("</style>")[0]
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

ROUTES = [status, start_page]
