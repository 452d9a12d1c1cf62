"""Serve HTTP and sockets on one port in one process, until told to stop."""

import asyncio
import contextlib
from collections.abc import Generator
from typing import Any, cast

import structlog
import uvicorn
from litestar import Litestar
from litestar.types import Receive, Scope, Send

from chassis.server import until_told_to_stop
from gateway.connection import http_protocol
from gateway.parts import Parts
from gateway.realtime.handover import Handed
from gateway.settings import Settings

log = structlog.get_logger()

_HTTPS_ONLY = ("strict-transport-security", "max-age=31536000")
"""Browsers that came by HTTPS once come by nothing else for a year (RFC 6797)."""
SECURITY_HEADERS = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
]


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the gateway drains its sockets first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def make_server(app: Litestar, settings: Settings) -> Server:
    """Everything on one port: requests go to the edge, sockets to picows, start and stop to the framework."""

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        await (parts_of(app).edge if scope["type"] == "http" else app)(scope, receive, send)

    def hand_over(**_: Any) -> Handed:
        return Handed(parts_of(app).acceptor.open, bytes_max=settings.frame_bytes_max)

    config = uvicorn.Config(
        cast("Any", front),
        host=settings.host,
        port=settings.port,
        ws=cast("Any", hand_over),
        http=http_protocol(settings),
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=[*SECURITY_HEADERS, _HTTPS_ONLY] if settings.public_url.startswith("https:") else SECURITY_HEADERS,
        backlog=4096,
        timeout_graceful_shutdown=int(settings.drain_seconds),
    )
    return Server(config)


def parts_of(app: Litestar) -> Parts:
    return cast("Parts", app.state["parts"])


async def serve(app: Litestar, settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT; then send the sockets elsewhere and finish the requests under way."""
    server = make_server(app, settings)
    serving = asyncio.create_task(server.serve())
    await until_told_to_stop(serving, app, settings)
    await parts_of(app).hub.drain()
    server.should_exit = True
    await serving
    log.info("service.stopped")
