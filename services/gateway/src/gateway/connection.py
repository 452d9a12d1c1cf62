"""One HTTP connection: what a client may cost before it is known who it is, and one write per answer.

uvicorn reads and answers. It limits neither the size of a head, nor how slowly a body arrives, nor how long an answer
stays unread; and it writes head and body one by one: each is a system call, a packet, and a wake-up of the client.
"""

import asyncio
import resource
from functools import partial
from typing import Any, cast

import msgspec
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from chassis import problems
from contracts.problems import Problem
from gateway.connections import CONNECTION, Connections
from gateway.domain import HeadTooLarge, RequestTooSlow
from gateway.settings import Settings

log = structlog.get_logger()


class OneWrite:
    """A transport that keeps what is written until something follows, or the event loop has nothing else to do."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._kept = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if self._kept:
            kept, self._kept = self._kept, b""
            self.transport.write(kept + data)
        elif data:
            self._kept = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        self._flush()
        self.transport.close()

    def _flush(self) -> None:
        if self._kept:
            kept, self._kept = self._kept, b""
            self.transport.write(kept)


class HttpConnection(HttpToolsProtocol):
    """uvicorn's protocol with limits: of a head's bytes and lines, of the time a request may take to arrive, and of the
    time an answer may wait to be read."""

    def __init__(self, config: Config, *, connections: Connections, settings: Settings, **options: Any) -> None:
        super().__init__(config, **options)
        self._connections = connections
        self._settings = settings
        self._in_head = True
        self._head_bytes = 0
        self._arriving: asyncio.TimerHandle | None = None
        self._arrives_until = 0.0
        self._unread: asyncio.TimerHandle | None = None
        self._refused = False
        self._request_ended = False
        self._handed_over = False

    # what the event loop calls

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(cast("asyncio.Transport", OneWrite(transport)))
        self.address = self.client[0] if self.client else ""
        if not self._connections.enter(self):
            self.abort()
            return
        self._expect(self._settings.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._request_ended = False
        super().data_received(data)
        if self._handed_over:
            return
        if self._arriving is None and not self._in_head:
            self._expect(self._settings.body_seconds + self._worth(data))
        elif self._in_head and not self._request_ended:
            self._take_head(len(data))
        elif self._arriving is not None:
            self._arrives_until += self._worth(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._settings.answer_seconds, self.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # what the parser calls

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[CONNECTION] = self

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._settings.head_bytes_max or len(self.headers) > self._settings.head_lines_max:
            self._refuse(HeadTooLarge())
        if self._refused:
            return
        self._in_head, self._head_bytes = False, 0
        self._arrived()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            self._in_head, self._request_ended = True, True
            self._arrived()
            super().on_message_complete()

    # what uvicorn calls

    def handle_websocket_upgrade(self) -> None:
        self._handed_over = True
        self._leave()
        self.transport = cast("OneWrite", self.transport).transport
        super().handle_websocket_upgrade()

    def timeout_keep_alive_handler(self) -> None:
        """An answer that was not read by now never will be; a close would wait for it."""
        if self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().timeout_keep_alive_handler()

    # what the edge calls

    def is_known(self) -> None:
        """A member has asked something on this connection."""
        self._connections.know(self)

    def abort(self) -> None:
        cast("OneWrite", self.transport).transport.abort()

    def _worth(self, data: bytes) -> float:
        """The seconds that a part of a body buys."""
        return len(data) / self._settings.body_bytes_per_second_min

    def _take_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self._settings.head_bytes_max:
            self._refuse(HeadTooLarge())
        elif self._arriving is None:
            self._expect(self._settings.head_seconds)

    def _expect(self, seconds: float) -> None:
        self._arrives_until = self.loop.time() + seconds
        self._arriving = self.loop.call_at(self._arrives_until, self._is_late)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _is_late(self) -> None:
        """Once its time is over, unless it has brought enough meanwhile, or it is we who do not read."""
        if self.flow.read_paused:
            self._expect(self._settings.body_seconds)
        elif self._arrives_until > self.loop.time():
            self._arriving = self.loop.call_at(self._arrives_until, self._is_late)
        else:
            self._refuse(RequestTooSlow())

    def _refuse(self, problem: Problem) -> None:
        """Say why, where an answer can still be given, and hang up."""
        self._refused = True
        self._arrived()
        log.info("connection.refused", code=problem.code, address=self.address)
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if (
            cycle is not None and cycle.response_started and not cycle.response_complete
        ) or self.transport.get_write_buffer_size():
            self.abort()
            return
        body = msgspec.json.encode(problems.body_of(problem))
        head = [STATUS_LINE[problems.STATUS[problem.kind]], b"content-type: %b\r\n" % problems.MEDIA_TYPE.encode()]
        head += [b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)]
        self.transport.write(b"".join([*head, body]))
        self.transport.close()

    def _leave(self) -> None:
        self._arrived()
        self._connections.leave(self)
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def _descriptors() -> int:
    """As many files and connections as the system lets this process open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def http_protocol(settings: Settings) -> Any:
    """What uvicorn calls for each connection it accepts."""
    connections = Connections(
        per_address_max=0 if settings.trusted_proxies else settings.connections_per_address_max,
        unknown_max=min(settings.connections_unknown_max, _descriptors() * 9 // 10),
    )
    return partial(HttpConnection, connections=connections, settings=settings)
