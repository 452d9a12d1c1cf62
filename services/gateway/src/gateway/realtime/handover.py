"""One port: uvicorn accepts, and hands the connections that ask for a WebSocket to picows.

uvicorn makes its "websocket protocol" by calling `Config.ws`, tells it the transport, feeds it the upgrade request and
makes it the transport's protocol. picows' own protocol class can be all that once it has a `data_received`, by which
uvicorn feeds it. It is no public class of picows: hence the exact pin, and a test of the hand-over.
"""

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from chassis import problems
from contracts.problems import Forbidden, NotFound, Problem, Unavailable
from gateway.realtime.codecs import Codec, Plain, SocketIo
from gateway.realtime.hub import Hub
from gateway.realtime.session import Session, Verify
from gateway.realtime.socket import Socket
from gateway.settings import Settings

if TYPE_CHECKING:

    class WSProtocol:
        """What we use of picows' class, which has no types."""

        def __init__(self, *options: Any) -> None: ...
        def get_buffer(self, size_hint: int) -> memoryview: ...
        def buffer_updated(self, nbytes: int) -> None: ...
else:
    from picows.picows import WSProtocol

log = structlog.get_logger()

SUBPROTOCOL: Final = "guildhall.v1"
PLAIN_PATH: Final = "/api/v1/realtime"
SOCKET_IO_PATH: Final = "/socket.io/"
HANDSHAKE_SECONDS: Final = 5
READ_BUFFER_BYTES: Final = 2048

_KEPT: Final = re.compile(rb"(?:host|origin|upgrade|sec-websocket-[a-z]+): [^\r\n]*\r\n")


class Acceptor:
    """Decides who may open a socket, and what kind."""

    def __init__(self, hub: Hub, verify: Verify, settings: Settings) -> None:
        self._hub = hub
        self._verify = verify
        self._settings = settings
        self._origins = {*settings.allowed_origins.split(), settings.public_url.rstrip("/")} - {""}
        self._plain = Plain()
        self._socket_io = SocketIo(
            ping_seconds=settings.heartbeat_seconds,
            pong_seconds=settings.pong_seconds,
            bytes_max=settings.frame_bytes_max,
        )

    def open(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        try:
            codec = self._codec_for(request)
            self._check_origin(request)
            if self._hub.draining or len(self._hub.sessions) >= self._settings.sockets_max:
                raise Unavailable("no room for another socket", retry_after_seconds=1)
        except Problem as problem:
            return WSUpgradeResponseWithListener(_refusal(problem), None)
        socket = Socket(codec, self._settings)
        socket.listener = Session(socket, self._hub, self._verify, self._settings)
        offered = request.headers.get("sec-websocket-protocol", "")
        chosen = {"Sec-WebSocket-Protocol": SUBPROTOCOL} if SUBPROTOCOL in re.split(r",\s*", offered) else None
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(chosen), socket)

    def _codec_for(self, request: WSUpgradeRequest) -> Codec:
        path, _, query = request.path.decode("latin-1").partition("?")
        if path == PLAIN_PATH:
            return self._plain
        if path in {SOCKET_IO_PATH, SOCKET_IO_PATH[:-1]} and "EIO=4" in query.split("&"):
            return self._socket_io
        raise NotFound

    def _check_origin(self, request: WSUpgradeRequest) -> None:
        """A browser tells whose page it is; a page of somebody else may not open sockets in a member's name."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins and _host_of(origin) != request.headers.get("host"):
            raise Forbidden("pages of this origin may not connect")


def _host_of(origin: str) -> str | None:
    """Host and port; None of what is no address."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _refusal(problem: Problem) -> WSUpgradeResponse:
    body = problems.body_of(problem)
    headers = {"Content-Type": problems.MEDIA_TYPE, **problems.headers_of(problem)}
    return WSUpgradeResponse.create_error_response(body.status, msgspec.json.encode(body), headers)


OpenSocket = Callable[[WSUpgradeRequest], WSUpgradeResponseWithListener]


class _Quiet:
    """picows' logger: what peers do wrong is no error of ours. A real logger would be copied for every connection."""

    def isEnabledFor(self, _: int) -> bool:  # noqa: N802  the name is logging's
        return False

    def debug(self, *_: Any) -> None: ...

    info = warning = log = debug

    def error(self, message: str, *arguments: Any) -> None:
        log.debug("socket.refused", reason=message % arguments)

    def exception(self, message: str, *arguments: Any) -> None:
        log.error("socket.failed", reason=message % arguments, exc_info=sys.exception())


_QUIET: Final = _Quiet()


class Handed(WSProtocol):
    """One connection that uvicorn handed over."""

    def __init__(self, open_socket: OpenSocket, *, bytes_max: int) -> None:
        super().__init__(
            None, None, False, open_socket, _QUIET, True, HANDSHAKE_SECONDS,
            False, HANDSHAKE_SECONDS, HANDSHAKE_SECONDS, WSAutoPingStrategy.PING_WHEN_IDLE, False,
            bytes_max, None, READ_BUFFER_BYTES,
        )  # fmt: skip

    def data_received(self, data: bytes) -> None:
        """What uvicorn calls once, with the upgrade request."""
        data = _slim(data)
        while data:
            room = self.get_buffer(len(data))
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self.buffer_updated(size)
            data = data[size:]


def _slim(request: bytes) -> bytes:
    """The upgrade request with only what matters: it is held as long as the socket lives.

    Browsers may say `Connection: keep-alive, Upgrade`, which picows does not take; that `Upgrade` is among the tokens
    uvicorn has seen to.
    """
    line, _, headers = request.partition(b"\r\n")
    return b"%b\r\nconnection: upgrade\r\n%b\r\n" % (line, b"".join(_KEPT.findall(headers)))
