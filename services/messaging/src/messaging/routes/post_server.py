"""Connections on which gateways bring posts, beside HTTP: each post is answered as soon as its commit has ended."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, cast

import msgspec
import structlog
from litestar import post
from litestar.di import NamedDependency
from opentelemetry.trace import SpanKind

from chassis import problems, tracing
from chassis.frames import BadFrame, Frames, Sender
from chassis.tokens import Verifier
from contracts.decoding import UNDECODABLE
from contracts.posts import FRAME_BYTES_MAX, PATH, CarriedAnswer, CarriedPost, ConnectToken, PostAnswer
from contracts.problems import NotFound
from messaging.domain.content import Draft, Post
from messaging.routes.group_commit import GroupCommitter
from messaging.settings import Settings
from messaging.usecases.posting import Said

log = structlog.get_logger()

_decode = msgspec.msgpack.Decoder(CarriedPost).decode
_decode_token = msgspec.msgpack.Decoder(str).decode
_decode_draft = msgspec.json.Decoder(Draft).decode
_encode = msgspec.msgpack.Encoder().encode

_JSON: Final = [(b"content-type", b"application/json")]


class PostServer:
    """Listens for gateways. A connect token for each connection is given to services only, by HTTP."""

    def __init__(self, committer: GroupCommitter, verifier: Verifier, settings: Settings) -> None:
        self.committer = committer
        self.verifier = verifier
        self.settings = settings
        self.open: set[GatewayConnection] = set()
        self._tokens: deque[str] = deque(maxlen=settings.post_tickets_max)
        self._port: int | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """At the end what was brought is answered, and no more is taken."""
        settings, loop = self.settings, asyncio.get_running_loop()
        server = await loop.create_server(lambda: GatewayConnection(self), settings.host, settings.posts_port)
        self._port = cast("int", server.sockets[0].getsockname()[1])
        try:
            yield
        finally:
            self._port = None
            server.close()
            for connection in self.open:
                connection.take_no_more()
            if ended := [connection.ended for connection in self.open]:
                await asyncio.wait(ended, timeout=settings.drain_seconds)
            for connection in self.open:
                connection.transport.abort()

    def issue_token(self) -> ConnectToken:
        """Raises `NotFound` where posts come by HTTP only."""
        if self._port is None:
            raise NotFound
        token = secrets.token_hex()
        self._tokens.append(token)
        return ConnectToken(self._port, token)

    def redeem(self, token: str) -> bool:
        """Whether it was given, and is not used yet."""
        if token not in self._tokens:
            return False
        self._tokens.remove(token)
        return True


@post(PATH, status_code=200)
async def issue_post_token(post_server: NamedDependency[PostServer]) -> ConnectToken:
    """A connect token for a connection on which posts are brought."""
    return post_server.issue_token()


class GatewayConnection(asyncio.Protocol):
    """One connection. What is forged, unknown or malformed in a post lets that one come by HTTP: its refusal is made
    there. So do attachments, for which media is asked. A post carries its author's own token: a gateway can do no
    more than by posting one by one.
    """

    def __init__(self, server: PostServer) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._server = server
        self._frames = Frames(FRAME_BYTES_MAX)
        self._under_way = 0
        self._is_in = False
        self._heard_all = False
        self._too_late = loop.call_later(server.settings.post_ticket_seconds_max, self._cut, "no connect token")

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._sender = Sender(self.transport)
        self._server.open.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            for value in self._frames.feed(data):
                if self._is_in:
                    self._take(_decode(value))
                elif self._server.redeem(_decode_token(value)):
                    self._is_in = True
                    self._too_late.cancel()
                    self._say(True)
                else:
                    return self._cut("no such connect token")
        except (BadFrame, *UNDECODABLE) as error:
            self._cut(repr(error)[:200])

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        """No more will come; what came is answered first."""
        self._heard_all = True
        self._sender.flush()
        return self._under_way > 0

    def connection_lost(self, exc: Exception | None) -> None:
        log.info("posts.connection_ended", error=repr(exc) if exc else "")
        self._too_late.cancel()
        self._server.open.discard(self)
        self.ended.set_result(None)

    # what is done with posts

    def take_no_more(self) -> None:
        """The gateway is asked to bring no more, and ends the connection from its side."""
        self._say(False)

    def _take(self, carried: CarriedPost) -> None:
        caller = self._server.verifier.known(carried.token)
        try:
            draft = _decode_draft(carried.draft)
        except UNDECODABLE:
            draft = None
        self._under_way += 1
        if caller is None or draft is None or draft.attachments:
            return self._answer(carried, None)
        with tracing.recorded(_name(carried), carried.trace) as trace:
            said = self._server.committer.take(Post(carried.channel_id, caller.user_id, draft, trace))
        return said.add_done_callback(partial(self._tell, carried))

    def _tell(self, carried: CarriedPost, settled: "asyncio.Future[Said]") -> None:
        try:
            said = settled.result()
        except Exception as error:  # noqa: BLE001  the framework's own net is not above us
            answer = _refusal(carried, error)
        else:
            answer = PostAnswer(200 if said.repeated else 201, _JSON, said.data)
        self._answer(carried, answer)

    def _answer(self, carried: CarriedPost, answer: PostAnswer | None) -> None:
        self._under_way -= 1
        self._say(CarriedAnswer(carried.number, answer))
        if self._heard_all and not self._under_way:
            self._sender.flush()
            self.transport.close()

    def _say(self, value: CarriedAnswer | bool) -> None:
        self._sender.send(_encode(value))

    def _cut(self, why: str) -> None:
        log.warning("posts.connection_cut", why=why)
        self.transport.abort()


def _refusal(carried: CarriedPost, error: Exception) -> PostAnswer:
    with tracing.continued(_name(carried), carried.trace, SpanKind.SERVER):
        refusal = problems.answer_to(error)
        log.info("post.refused", channel_id=carried.channel_id, status=refusal.status_code)
        headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        headers.append((b"content-type", problems.MEDIA_TYPE.encode()))
        return PostAnswer(refusal.status_code or 500, headers, msgspec.json.encode(refusal.content))


def _name(carried: CarriedPost) -> str:
    return f"POST /api/v1/channels/{carried.channel_id}/messages"
