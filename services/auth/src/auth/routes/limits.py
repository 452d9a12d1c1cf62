"""Let attempts through or not, and say in the answer's headers how many are left."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from auth.domain.attempts import Bucket, Standing, TooManyAttempts
from auth.usecases.tools import Tools

AnyRequest = Request[Any, Any, Any]


async def admit(request: AnyRequest, tools: Tools, buckets: Sequence[Bucket]) -> None:
    """Count an attempt; raises `TooManyAttempts`. Whatever is answered then tells how many are left."""
    try:
        request.state.standing = await tools.throttle.admit(buckets)
    except TooManyAttempts as refusal:
        request.state.standing = refusal.standing
        raise


async def forgive(request: AnyRequest, tools: Tools, buckets: Sequence[Bucket]) -> None:
    """The attempt that was let through was a success: it does not count."""
    await tools.throttle.give_back(buckets)
    standing: Standing = request.state.standing
    request.state.standing = msgspec.structs.replace(standing, remaining=standing.remaining + 1)


def telling(app: ASGIApp) -> ASGIApp:
    """The middleware that puts the limit that was counted against into the headers of any answer."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            standing = scope["state"].get("standing")
            if message["type"] == "http.response.start" and isinstance(standing, Standing):
                headers = MutableScopeHeaders.from_message(message)
                for name, value in standing.headers().items():
                    headers[name] = value
            await send(message)

        await app(scope, receive, tell)

    return ask
