"""The fast road's HTTP half: a well-formed post is answered ahead of the framework; all else goes on unchanged."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chassis import problems
from chassis.tokens import Verifier, bearer_of
from chassis.tracing import traceparent
from contracts.ids import ChannelId
from contracts.problems import Problem
from messaging.domain.content import Draft, Post
from messaging.routes.posting import Road

BEFORE: Final = "/api/v1/channels/"
AFTER: Final = "/messages"
LENGTH: Final = len(BEFORE) + 36 + len(AFTER)

_decode = msgspec.json.Decoder(Draft).decode
_JSON: Final = (b"content-type", b"application/json")
_PROBLEM: Final = (b"content-type", problems.MEDIA_TYPE.encode())


def ahead(app: ASGIApp, *, verifier: Verifier, road: Road, body_bytes_max: int) -> ASGIApp:
    """What is malformed, forged or too large is refused by `app`, so that there is one place for each refusal."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        channel_id = _channel_of(scope)
        if channel_id is None:
            await app(scope, receive, send)
            return
        read: list[Any] = []
        try:
            headers = dict(scope["headers"])
            caller = await verifier.caller(bearer_of(headers.get(b"authorization", b"").decode("latin-1")))
            draft = _decode(await _body(headers, receive, read, bytes_max=body_bytes_max))
        except (Problem, msgspec.MsgspecError, _Irregular):
            await app(scope, _again(read, receive), send)
            return
        try:
            said = await road.post(Post(channel_id, caller.user_id, draft, traceparent()))
        except Exception as error:  # noqa: BLE001  the framework's own net is not above us
            refusal = problems.answer_to(error)
            await _answer(
                send, refusal.status_code or 500, msgspec.json.encode(refusal.content), _PROBLEM, refusal.headers
            )
        else:
            await _answer(send, 200 if said.repeated else 201, said.data, _JSON, {})

    return answered


class _Irregular(Exception):
    """Not for the fast road."""


def _channel_of(scope: Scope) -> ChannelId | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path = scope["path"]
    if len(path) != LENGTH or not path.startswith(BEFORE) or not path.endswith(AFTER):
        return None
    try:
        return ChannelId(UUID(path[len(BEFORE) : -len(AFTER)]))
    except ValueError:
        return None


async def _body(headers: dict[bytes, bytes], receive: Receive, read: list[Any], *, bytes_max: int) -> bytes:
    """The whole JSON body; what was received is kept in `read`."""
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        raise _Irregular
    size, more = 0, True
    while more:
        message: Any = await receive()
        read.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or size > bytes_max:
            raise _Irregular
        more = message.get("more_body", False)
    return b"".join(one["body"] for one in read)


def _again(read: list[Any], receive: Receive) -> Receive:
    """Gives what was received already, then what follows."""
    kept = iter(read)

    async def receive_again() -> Any:
        return next(kept, None) or await receive()

    return receive_again


async def _answer(
    send: Send, status: int, body: bytes, content_type: tuple[bytes, bytes], more: dict[str, str]
) -> None:
    headers = [content_type, (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in more.items()]
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
