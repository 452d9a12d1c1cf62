"""Carry one request to its service and the answer back: bodies streamed, hop-by-hop headers left behind."""

import asyncio
from typing import Final

import structlog
from litestar.types import HTTPScope, Receive, Send

from chassis.http import Circuit
from chassis.tracing import traceparent
from contracts.problems import Problem, TooLarge, Unavailable
from gateway.client import Client
from gateway.forward.answers import Headers, answer
from gateway.forward.shares import Shares
from gateway.forward.upstream import Connection, Gone, Upstream
from gateway.settings import Settings

log = structlog.get_logger()

HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"trailers", b"transfer-encoding", b"upgrade", b"expect",
    }
)  # fmt: skip
"""RFC 9110, section 7.6.1, and `Expect`, which the edge has answered itself."""
SAID_BY_US: Final = frozenset({b"host", b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto",
                               b"x-real-ip", b"traceparent", b"content-length"})  # fmt: skip
NOT_REPEATED: Final = HOP_BY_HOP | {b"server", b"date"}
NOT_KEPT: Final = (b"cache-control", b"no-store")
"""What a service says nothing about is meant for one person, now."""
REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class Cut(Exception):
    """The answer broke off after it had begun: nothing is left but to break off as well."""


class Forwarder:
    """One service as the edge sees it; `keep_host`: it is told the host that the client named."""

    def __init__(self, service: str, url: str, settings: Settings, *, keep_host: bool = False) -> None:
        self.upstream = Upstream(service, url, connections_max=settings.upstream_connections_max)
        self._shares = Shares(settings.upstream_connections_per_client_max)
        self._service = service
        self._settings = settings
        self._keep_host = keep_host
        self._circuit = Circuit()

    async def forward(self, scope: HTTPScope, receive: Receive, send: Send, *, client: Client, more: Headers) -> None:
        """Answer `scope` with what the service says; `more` headers are added to the answer."""
        self._circuit.check(self._service)
        body = _Body(receive, self._settings)
        await body.begin(scope)
        head = self._head(scope, client.address, body)
        async with self._shares.take(client.key):
            await self._ask(scope, head, body, send, more)

    async def _ask(self, scope: HTTPScope, head: bytes, body: "_Body", send: Send, more: Headers) -> None:
        for fresh in (False, True):
            try:
                await self._exchange(scope, head, body, send, more, fresh=fresh)
            except Gone as gone:
                if fresh or not (gone.silent and body.whole is not None and scope["method"] in REPEATABLE):
                    raise self._failed() from None
            except TimeoutError:
                raise self._failed() from None
            except Unavailable:
                self._circuit.failed()
                raise
            else:
                return

    async def _exchange(
        self, scope: HTTPScope, head: bytes, body: "_Body", send: Send, more: Headers, *, fresh: bool
    ) -> None:
        async with self.upstream.connection(fresh=fresh) as connection:
            connection.begin(without_body=scope["method"] == "HEAD")
            await self._say(connection, head, body)
            async with asyncio.timeout(self._settings.forward_seconds):
                await connection.headed
            self._circuit.succeeded()
            headers = [pair for pair in connection.headers if pair[0] not in NOT_REPEATED]
            if all(name != b"cache-control" for name, _ in headers):
                headers.append(NOT_KEPT)
            headers += more
            if connection.complete:
                await answer(send, connection.status, headers, connection.take())
            else:
                await self._stream(connection, headers, send, body)

    def _failed(self) -> Unavailable:
        self._circuit.failed()
        return Unavailable(f"{self._service} does not answer", retry_after_seconds=1)

    def _head(self, scope: HTTPScope, client: str, body: "_Body") -> bytes:
        named = next((value for name, value in scope["headers"] if name == b"connection"), b"")
        dropped = {one.strip().lower() for one in named.split(b",")} if named else ()
        host, secure = b"", scope["scheme"] == "https" or self._settings.public_url.startswith("https:")
        query = scope["query_string"]
        lines = [b"%b %b%b HTTP/1.1" % (scope["method"].encode(), scope["raw_path"], query and b"?" + query)]
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            if name not in HOP_BY_HOP and name not in SAID_BY_US and name not in dropped:
                lines.append(b"%b: %b" % (name, value))
        lines += (
            b"host: %b" % (host if self._keep_host else self.upstream.host),
            b"x-forwarded-for: %b" % client.encode(),
            b"x-forwarded-host: %b" % host,
            b"x-forwarded-proto: %b" % (b"https" if secure else b"http"),
            b"traceparent: %b" % traceparent().encode(),
        )
        if body.whole is None:
            lines.append(b"content-length: %d" % body.size if body.size else b"transfer-encoding: chunked")
        elif body.whole or scope["method"] in {"POST", "PUT", "PATCH"}:
            lines.append(b"content-length: %d" % len(body.whole))
        return b"\r\n".join([*lines, b"\r\n"])

    async def _say(self, connection: Connection, head: bytes, body: "_Body") -> None:
        if body.whole is not None:
            connection.transport.write(head + body.whole if body.whole else head)
            return
        connection.told_all = False
        await connection.write(head)
        async for chunk in body.chunks():
            if connection.headed.done():  # it answered before it heard all: refused, most likely
                return
            await connection.write(chunk if body.size else b"%x\r\n%b\r\n" % (len(chunk), chunk))
        if not body.size:
            await connection.write(b"0\r\n\r\n")
        connection.told_all = True

    async def _stream(self, connection: Connection, headers: Headers, send: Send, body: "_Body") -> None:
        await send({"type": "http.response.start", "status": connection.status, "headers": headers})
        leaving = asyncio.ensure_future(body.left())
        try:
            async for chunk in connection.body(silence_seconds_max=self._settings.forward_seconds):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if leaving.done():
                    return
        except (Gone, TimeoutError):
            log.warning("answer.cut", service=self._service, status=connection.status)
            raise Cut from None
        finally:
            leaving.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Body:
    """The request's body: `whole` where it is small, else streamed; never more than `body_bytes_max`. `size` is
    what the client has announced, and sends, or else the server in front breaks off; 0: it did not."""

    def __init__(self, receive: Receive, settings: Settings) -> None:
        self._receive = receive
        self._bytes_max = settings.body_bytes_max
        self._held_max = settings.body_bytes_held_max
        self._first = b""
        self.whole: bytes | None = None
        self.size = 0

    async def begin(self, scope: HTTPScope) -> None:
        """Take in a small body whole, and the beginning of another: nothing waits for a client that sends slowly."""
        self.size = int(next((value for name, value in scope["headers"] if name == b"content-length"), 0))
        self._check(self.size)
        parts, size, more = list[bytes](), 0, True
        while more and size <= self._held_max:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientLeft
            parts.append(message["body"])
            size, more = size + len(message["body"]), message["more_body"]
            self._check(size)
        self._first = parts[0] if len(parts) == 1 else b"".join(parts)
        if not more:
            self.whole = self._first

    async def chunks(self):
        total, chunk, more = 0, self._first, True
        while True:
            total += len(chunk)
            self._check(total)
            if chunk:
                yield chunk
            if not more:
                return
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientLeft
            chunk, more = message["body"], message["more_body"]

    async def left(self) -> None:
        """Returns when the client has gone."""
        while (await self._receive())["type"] == "http.request":
            pass

    def _check(self, size: int) -> None:
        if size > self._bytes_max:
            raise TooLarge


class ClientLeft(Problem):
    """Nobody is there to be answered."""
