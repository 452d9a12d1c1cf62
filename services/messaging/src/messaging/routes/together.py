"""Posts that the gateway brings together, answered ahead of the framework: each as if it had come by itself."""

import asyncio
from typing import Any, Final

import msgspec
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from chassis import problems, tracing
from chassis.tokens import Verifier
from contracts.posts import PATH, CarriedPost, PostAnswer
from contracts.problems import Problem
from messaging.domain.content import Draft, Post
from messaging.routes.group import GroupRoad
from messaging.usecases.posting import Said

log = structlog.get_logger()

_decode = msgspec.msgpack.Decoder(list[CarriedPost]).decode
_decode_draft = msgspec.json.Decoder(Draft).decode
_encode = msgspec.msgpack.Encoder().encode

_JSON: Final = [(b"content-type", b"application/json")]


def together(app: ASGIApp, *, verifier: Verifier, road: GroupRoad) -> ASGIApp:
    """`POST /internal/posts` needs no token of a service: each post has its author's own, so whoever calls can do no
    more than by posting one by one. What is forged or malformed is left to come by itself: its refusals are made there.
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        try:
            carried = _decode(await _body(receive))
        except msgspec.MsgspecError:
            await _send(send, 400, b"")
            return
        begun = [await begin(one) for one in carried]
        answers = [said and await _answer(one, said) for one, said in zip(carried, begun, strict=True)]
        await _send(send, 200, _encode(answers))

    async def begin(carried: CarriedPost) -> "asyncio.Future[Said] | None":
        try:
            caller = await verifier.caller(carried.token)
            draft = _decode_draft(carried.draft)
        except (Problem, msgspec.MsgspecError, UnicodeDecodeError):  # the last of a key that is no UTF-8
            return None
        with tracing.recorded(_name(carried), carried.trace) as trace:
            return road.take(Post(carried.channel_id, caller.user_id, draft, trace))

    return answered


async def _answer(carried: CarriedPost, waiting: "asyncio.Future[Said]") -> PostAnswer:
    try:
        said = await waiting
    except Exception as error:  # noqa: BLE001  the framework's own net is not above us
        with tracing.continued(_name(carried), carried.trace, SpanKind.SERVER):
            refusal = problems.answer_to(error)
            log.info("post.refused", channel_id=carried.channel_id, status=refusal.status_code)
            headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
            headers.append((b"content-type", problems.MEDIA_TYPE.encode()))
            return PostAnswer(refusal.status_code or 500, headers, msgspec.json.encode(refusal.content))
    return PostAnswer(200 if said.repeated else 201, _JSON, said.data)


def _name(carried: CarriedPost) -> str:
    return f"POST /api/v1/channels/{carried.channel_id}/messages"


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/msgpack"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
