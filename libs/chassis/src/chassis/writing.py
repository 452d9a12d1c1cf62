"""A client that does not read an answer is given up: it holds neither memory nor what the answer is made from."""

import asyncio

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class ReaderTooSlow(Exception):
    """The client took none of the answer for too long."""


def limiting_writes(app: ASGIApp, *, seconds: float) -> ASGIApp:
    """Around an application that streams: each part of an answer must be taken within `seconds`.

    The server below has to wait in `send` for a client that reads slowly (granian does).
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given_up = False

        async def send_in_time(message: Message) -> None:
            nonlocal given_up
            if not message.get("more_body"):
                await send(message)
                return
            try:
                async with asyncio.timeout(seconds):
                    await send(message)
            except TimeoutError:
                given_up = True
                raise ReaderTooSlow from None

        try:
            await app(scope, receive, send_in_time)
        except Exception:
            if not given_up:
                raise
            log.info("response.given_up", path=scope["path"], seconds=seconds)

    return limited
