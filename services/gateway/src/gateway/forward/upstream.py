"""Kept-alive HTTP/1.1 connections to one service: streaming both ways, with as little work per request as possible.

It knows exactly as much of HTTP as a conversation with our own services takes.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

from contracts.problems import Unavailable
from contracts.times import NEVER

CONNECT_SECONDS_MAX: Final = 1.0
IDLE_SECONDS_MAX: Final = 15.0
"""Shorter than the services keep a connection, so that one is seldom closed under a request."""
BUFFERED_BYTES_MAX: Final = 262_144

Headers = list[tuple[bytes, bytes]]
_WITHOUT_BODY: Final = frozenset({204, 304})


class Gone(Exception):
    """The connection ended; `silent` means before a single byte of the answer."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__("connection lost")
        self.silent = silent


class Connection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.idle_since = NEVER
        self.reused = False
        self.closed = False
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(self, *, without_body: bool) -> None:
        """Get ready for the next answer; `without_body`: it answers a HEAD request."""
        self.status = 0
        self.headers: Headers = []
        self.complete = False
        self.told_all = True
        self.headed: asyncio.Future[None] = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._without_body = without_body
        self._kept_alive = False
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._until_close = False
        self._arrived: asyncio.Future[None] | None = None

    @property
    def reusable(self) -> bool:
        return self.complete and self.told_all and not self.closed and not self._without_body and self._kept_alive

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, AttributeError):  # it spoke out of turn, or nonsense
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._writable.set()
        if hasattr(self, "headed"):
            self.complete = self.complete or (self._until_close and exc is None)
            if not self.headed.done():
                self.headed.set_exception(Gone(silent=not self.headers))
                self.headed.exception()  # nobody may be waiting for it any more
            self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = []
            return
        sized = any(name in {b"content-length", b"transfer-encoding"} for name, _ in self.headers)
        if self._without_body or self.status in _WITHOUT_BODY:
            self.complete = True
        self._until_close = not sized
        if not self.headed.done():
            self.headed.set_result(None)

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > BUFFERED_BYTES_MAX and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self.complete = True
            self._kept_alive = self._parser.should_keep_alive()  # only now: afterwards it knows nothing any more
            self._wake()

    # what the forwarder calls

    async def write(self, data: bytes) -> None:
        """`told_all` is to be false until all of a request is written: what answers before is not asked again."""
        if not self._writable.is_set():
            await self._writable.wait()
        self.transport.write(data)

    def take(self) -> bytes:
        """What has arrived of the body so far."""
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._paused and not self.closed:
            self._paused = False
            self.transport.resume_reading()
        return body

    async def body(self, *, silence_seconds_max: float) -> AsyncIterator[bytes]:
        """The rest of the body, as it arrives. Raises `Gone` when it is cut off."""
        while True:
            if self._chunks:
                yield self.take()
            elif self.complete:
                return
            elif self.closed:
                raise Gone(silent=False)
            else:
                self._arrived = self._loop.create_future()
                async with asyncio.timeout(silence_seconds_max):
                    await self._arrived

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)


class Upstream:
    """The connections to one service."""

    def __init__(self, service: str, url: str, *, connections_max: int) -> None:
        address = urlsplit(url)
        self.service = service
        self.host = address.netloc.encode()
        self.address = address.hostname or "127.0.0.1", address.port or 80
        self._free: list[Connection] = []
        self._room = asyncio.Semaphore(connections_max)

    @asynccontextmanager
    async def connection(self, *, fresh: bool = False) -> AsyncGenerator[Connection]:
        """A connection for one exchange; kept for the next one when the answer ended well."""
        async with self._room:
            connection = None if fresh else self._reuse()
            if connection is None:
                connection = await self._connect()
            try:
                yield connection
            finally:
                if connection.reusable:
                    connection.idle_since = asyncio.get_running_loop().time()
                    connection.reused = True
                    self._free.append(connection)
                else:
                    connection.transport.abort()

    def close(self) -> None:
        for connection in self._free:
            connection.transport.close()
        self._free.clear()

    def _reuse(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS_MAX
        while self._free:
            connection = self._free.pop()
            if not connection.closed and connection.idle_since > oldest:
                return connection
            connection.transport.abort()
        return None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                _, connection = await asyncio.get_running_loop().create_connection(Connection, *self.address)
        except (OSError, TimeoutError) as error:
            reason = f"{self.service} does not answer: {type(error).__name__}"
            raise Unavailable(reason, retry_after_seconds=1) from None
        return connection
