"""Posts that arrive together travel to messaging together: one request carries all that came while the last was away.

What a request costs on its way to messaging and back (parsing, wake-ups, system calls) is then paid once for many. Each
post is still decided and committed by itself there, and its author answered only then.
"""

import asyncio
import re
from collections import deque
from typing import Any, Final

import msgspec
from litestar.types import HTTPScope, Receive, Send

from chassis.tracing import traceparent
from contracts.posts import DRAFT_BYTES_MAX, PATH, TOGETHER_MAX, CarriedPost, PostAnswer
from contracts.problems import Unavailable
from gateway.forward.answers import Headers, answer
from gateway.forward.forwarder import Forwarder

HELD_SECONDS: Final = 0.05
"""How long a trip keeps others waiting that could go with the next; a slow one is left to itself."""

_CHANNEL: Final = re.compile(rb"/api/v1/channels/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/messages")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[PostAnswer | None]).decode

Waiting = tuple[CarriedPost, "asyncio.Future[PostAnswer | None]"]


class Posts:
    """In front of the forwarder to messaging: takes well-formed posts from it, and leaves it everything else."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder
        self.waiting: deque[Waiting] = deque()
        self._trips: set[asyncio.Task[None]] = set()
        self._latest: asyncio.Task[None] | None = None

    async def forward(self, scope: HTTPScope, receive: Receive, send: Send, *, client: str, more: Headers) -> None:
        """As the forwarder does."""
        channel_id = _channel_of(scope)
        if channel_id is not None:
            first: Any = await receive()
            if first["type"] == "http.request" and not first["more_body"]:
                said = await self._carry(CarriedPost(channel_id, _token_of(scope), first["body"], traceparent()))
                if said is not None:
                    length = (b"content-length", b"%d" % len(said.body))
                    await answer(send, said.status, [*said.headers, length, *more], said.body)
                    return
            receive = _again(first, receive)
        await self._forwarder.forward(scope, receive, send, client=client, more=more)

    async def _carry(self, post: CarriedPost) -> PostAnswer | None:
        """None: it has to go by itself."""
        future: asyncio.Future[PostAnswer | None] = asyncio.get_running_loop().create_future()
        self.waiting.append((post, future))
        self._set_out()
        return await future

    def _set_out(self, after: "asyncio.Task[None] | None" = None) -> None:
        """Begin the next trip, unless one keeps us waiting; `after` does no longer."""
        if self._latest is after:
            self._latest = None
        if self.waiting and self._latest is None:
            self._latest = asyncio.create_task(self._travel())
            self._trips.add(self._latest)
            self._latest.add_done_callback(self._trips.discard)

    async def _travel(self) -> None:
        """Take with us whoever waits by now; bring everybody their answer."""
        batch = [self.waiting.popleft() for _ in range(min(len(self.waiting), TOGETHER_MAX))]
        release = asyncio.get_running_loop().call_later(HELD_SECONDS, self._set_out, asyncio.current_task())
        try:
            answers = await self._ask([post for post, _ in batch])
        except Exception as error:  # noqa: BLE001  whatever it is, those who wait must hear of it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), said in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(said)
        finally:
            release.cancel()
            self._set_out(asyncio.current_task())

    async def _ask(self, posts: list[CarriedPost]) -> list[PostAnswer | None]:
        status, body = await self._forwarder.ask(PATH.encode(), _encode(posts), media_type=b"application/msgpack")
        if status == 404:  # it takes posts one by one
            return [None] * len(posts)
        try:
            answers = _decode(body) if status == 200 else []
        except msgspec.MsgspecError:
            answers = []
        if len(answers) != len(posts):
            raise Unavailable("Whether it was posted is not known", retry_after_seconds=1)
        return answers


def _channel_of(scope: HTTPScope) -> Any:
    """The channel that this request may be a post for, seen from outside."""
    if scope["method"] != "POST" or scope["query_string"]:
        return None
    found = _CHANNEL.fullmatch(scope["raw_path"])
    if found is None:
        return None
    is_json, length = False, DRAFT_BYTES_MAX + 1
    for name, value in scope["headers"]:
        if name == b"content-type":
            is_json = value.partition(b";")[0].strip().lower() == b"application/json"
        elif name == b"content-length":
            length = int(value)
    return found[1].decode() if is_json and length <= DRAFT_BYTES_MAX else None


def _token_of(scope: HTTPScope) -> str:
    """The one that the edge has verified."""
    authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    return authorization.partition(b" ")[2].decode("latin-1")


def _again(first: Any, receive: Receive) -> Receive:
    """Gives what was received already, then what follows."""
    kept = [first]

    async def receive_again() -> Any:
        return kept.pop() if kept else await receive()

    return receive_again
