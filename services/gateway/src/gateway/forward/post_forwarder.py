"""The fast write path of posts: over a connection to messaging that is kept open for them, ahead of the forwarder.

What HTTP costs on the way to messaging and back (parsing, wake-ups, hand-overs between threads) is spared, and no post
waits for another. Each is decided and committed by itself there, and its author answered only then.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import structlog
from litestar.types import HTTPScope, Receive, Send

from chassis.tracing import traceparent
from contracts.ids import ChannelId
from contracts.posts import DRAFT_BYTES_MAX, ConnectToken, PostAnswer
from contracts.problems import NotFound
from gateway.client import Client
from gateway.forward.answers import Headers, answer
from gateway.forward.forwarder import Forwarder
from gateway.forward.post_connection import PostConnection
from gateway.forward.upstream import CONNECT_SECONDS_MAX
from gateway.settings import Settings

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
"""Between two tries to connect, while posts go by HTTP."""

_CHANNEL: Final = re.compile(rb"/api/v1/channels/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/messages")


class PostForwarder:
    """In front of the forwarder to messaging: takes well-formed posts from it while there is a connection for
    them, and leaves it everything else.
    """

    def __init__(
        self, forwarder: Forwarder, ask_token: Callable[[], Awaitable[ConnectToken]], settings: Settings
    ) -> None:
        self._forwarder = forwarder
        self._ask_token = ask_token
        self._settings = settings
        self._wanted = asyncio.Event()
        self._wanted.set()
        self.connection: PostConnection | None = None

    async def forward(self, scope: HTTPScope, receive: Receive, send: Send, *, client: Client, more: Headers) -> None:
        """As the forwarder does."""
        channel_id = _channel_of(scope)
        if channel_id is not None:
            first: Any = await receive()
            if first["type"] == "http.request" and not first["more_body"]:
                said = await self._carry(channel_id, _token_of(scope), first["body"])
                if said is not None:
                    length = (b"content-length", b"%d" % len(said.body))
                    await answer(send, said.status, [*said.headers, length, *more], said.body)
                    return
            receive = _again(first, receive)
        await self._forwarder.forward(scope, receive, send, client=client, more=more)

    async def run(self) -> None:
        """Keep a connection open as long as there are posts for it; until cancelled."""
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                try:
                    self.connection = await self._connect()
                    log.info("posts.connection_opened")
                    await self.connection.until_ended()
                except NotFound:
                    pass  # posts go one by one there
                except Exception as error:  # noqa: BLE001  whatever it is, posts go by HTTP meanwhile
                    log.warning("posts.connection_refused", error=repr(error)[:200])
                self.connection = None
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            if self.connection is not None:
                self.connection.close()

    async def _connect(self) -> PostConnection:
        token = await self._ask_token()
        loop, host = asyncio.get_running_loop(), self._forwarder.upstream.address[0]
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, connection = await loop.create_connection(
                lambda: PostConnection(token.token, self._settings), host, token.port
            )
        return connection

    async def _carry(self, channel_id: ChannelId, token: str, draft: bytes) -> PostAnswer | None:
        """None: it has to go by HTTP."""
        connection = self.connection
        if connection is None:
            self._wanted.set()
        if connection is None or not connection.is_free:
            return None
        return await connection.bring(channel_id, token, draft, traceparent())


def _channel_of(scope: HTTPScope) -> ChannelId | None:
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
    return ChannelId(UUID(found[1].decode())) if is_json and length <= DRAFT_BYTES_MAX else None


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
