"""Serve an application on granian, in this one process and event loop, until told to stop."""

import asyncio
import signal
from typing import Any, Final

import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from chassis.app import started_of, supervisor_of
from chassis.head import answering_head
from chassis.settings import ServiceSettings
from chassis.tracing import observe
from chassis.writing import limiting_writes

log = structlog.get_logger()

LOGGING: Final[dict[str, Any]] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}},
}
"""What the server logs goes where everything goes."""


async def serve(app: Litestar, settings: ServiceSettings) -> None:
    """Answer until SIGTERM or SIGINT; then finish what is under way, for at most `drain_seconds`.

    The embedded form of granian keeps the service one process: its pid is the service, and killing it leaves no
    worker behind that would hold the port.
    """
    server = Server(
        observe(limiting_writes(answering_head(app), seconds=settings.write_seconds)),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=True,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
        backlog=1024,
    )
    serving = asyncio.create_task(server.serve())
    await until_told_to_stop(serving, app, settings)
    server.stop()
    try:
        async with asyncio.timeout(settings.drain_seconds):
            await serving
    except TimeoutError:
        log.warning("service.drain_timed_out", seconds=settings.drain_seconds)
    log.info("service.stopped")


async def until_told_to_stop(serving: "asyncio.Task[None]", app: Litestar, settings: ServiceSettings) -> None:
    """Back when SIGTERM or SIGINT came or a worker was given up; a server that ends before raises what ended it."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stopping.set)
    waiting = {loop.create_task(stopping.wait()), loop.create_task(supervisor_of(app).given_up.wait())}
    starting = loop.create_task(started_of(app).wait())
    await asyncio.wait({serving, starting, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        log.info("service.started", host=settings.host, port=settings.port)
        await asyncio.wait({serving, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    for one in (starting, *waiting):
        one.cancel()
    if serving.done():
        serving.result()
        raise RuntimeError("the server ended by itself")
    log.info("service.stopping")
