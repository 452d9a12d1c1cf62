"""The UDP side of a voice session: finds out our outside address, keeps the way open, hands datagrams on."""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import Callable
from struct import Struct

import msgspec
import structlog

REQUEST, RESPONSE, DISCOVERY_LENGTH = 1, 2, 70
DISCOVERY_BYTES = 74
ATTEMPTS, ATTEMPT_SECONDS = 5, 1.0
PING, PONG = 0x1337CAFE, 0x1337F00D
"""Discord's UDP ping and its answer, which echoes the number behind it (userdoccers, voice-connections)."""
PING_BYTES = 8
BUFFER_BYTES = 4 << 20
NS_PER_SECOND = 1_000_000_000
DATAGRAM_BYTES_MAX = 2_048
DATAGRAMS_AT_ONCE_MAX = 1_000
"""Then others have their turn."""
CLOCK_READINGS = 3

_SO_TIMESTAMPNS = 35
"""Linux, asm-generic/socket.h: each datagram comes with the moment when the kernel received it."""
_DISCOVERY = Struct(">HHI64sH")
_PING = Struct(">II")
_PONG = PONG.to_bytes(4, "big")
_STAMP = Struct("@ll")
_STAMP_SPACE = socket.CMSG_SPACE(_STAMP.size)

Datagram = tuple[bytes, int]
"""With its arrival in nanoseconds (`time.monotonic_ns()`)."""
Receive = Callable[[list[Datagram]], None]

log = structlog.get_logger()


class Unreachable(Exception):
    """The voice server does not answer by UDP."""


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


class Udp:
    """`receive` gets every datagram of media.

    To be woken for each costs more than to open it: they wait until `fetch` is called, and are handed on together.
    When each arrived is the kernel's word, or the moment of fetching where the kernel has none.
    """

    def __init__(self, connected: socket.socket, receive: Receive, *, ping_seconds: float) -> None:
        self.heard_ns: int | None = None
        """When the last datagram of any kind arrived."""
        self.media_ns: int | None = None
        self.answers_pings = False
        """Whether a ping has ever been answered; then silence means something."""
        self.pings_since_heard = 0
        self._socket = connected
        self._receive = receive
        self._ping_seconds = ping_seconds
        self._discovered: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
        self._pinging: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, host: str, port: int, *, receive: Receive, ping_seconds: float = 5.0) -> "Udp":
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        raw = socket.socket(family, kind, protocol)
        try:
            raw.setblocking(False)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            raw.connect(address)
        except OSError:
            raw.close()
            raise
        return cls(raw, receive, ping_seconds=ping_seconds)

    async def discover(self, ssrc: int) -> Address:
        """Our address as the voice server sees it. Asks again when a question or its answer is lost."""
        request = _DISCOVERY.pack(REQUEST, DISCOVERY_LENGTH, ssrc, b"", 0)
        for _ in range(ATTEMPTS):
            self._send(request)
            try:
                found = await asyncio.wait_for(asyncio.shield(self._discovered), ATTEMPT_SECONDS)
            except TimeoutError:
                continue
            self._pinging = asyncio.create_task(self._ping())
            return found
        raise Unreachable("no answer to the IP discovery")

    def fetch(self) -> int | None:
        """Hand on what has arrived; answers when the first of it did."""
        if self._socket.fileno() < 0:
            return None
        arrived = self._arrived()
        if not arrived:
            return None
        self.heard_ns, self.pings_since_heard = arrived[-1][1], 0
        media = [datagram for datagram in arrived if self._is_media(datagram[0])]
        if media:
            self.media_ns = media[-1][1]
            self._receive(media)
        return arrived[0][1]

    def close(self) -> None:
        """After a last `fetch`."""
        if self._pinging:
            self._pinging.cancel()
        self.fetch()
        self._socket.close()

    def _arrived(self) -> list[Datagram]:
        apart_ns, arrived = clocks_apart_ns(), list[Datagram]()
        for _ in range(DATAGRAMS_AT_ONCE_MAX):
            try:
                data, notes, _, _ = self._socket.recvmsg(DATAGRAM_BYTES_MAX, _STAMP_SPACE)
            except BlockingIOError:
                break
            except OSError as failed:
                log.info("udp.failed", reason=str(failed))
                break
            at_ns = time.monotonic_ns()
            if notes:
                seconds, nanoseconds = _STAMP.unpack(notes[0][2])
                at_ns = min(seconds * NS_PER_SECOND + nanoseconds + apart_ns, at_ns)
            arrived.append((data, at_ns))
        return arrived

    def _is_media(self, data: bytes) -> bool:
        """What is not is for us."""
        if len(data) == DISCOVERY_BYTES and data[:2] == b"\x00\x02":
            if not self._discovered.done():
                self._discovered.set_result(_read_discovery(data))
            return False
        if len(data) != PING_BYTES:
            return True
        self.answers_pings = self.answers_pings or data.startswith(_PONG)
        return False

    async def _ping(self) -> None:
        for number in itertools.count():
            self._send(_PING.pack(PING, number & 0xFFFF_FFFF))
            self.pings_since_heard += 1
            await asyncio.sleep(self._ping_seconds)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except OSError as failed:
            log.info("udp.failed", reason=str(failed))


def clocks_apart_ns() -> int:
    """From the kernel's stamps to `time.monotonic_ns()`. A reading between whose halves others had the processor says
    that everything came earlier than it did; so the closest of a few counts.
    """
    readings: list[tuple[int, int]] = []
    for _ in range(CLOCK_READINGS):
        before_ns, stamp_ns, after_ns = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        readings.append((after_ns - before_ns, before_ns - stamp_ns))
    return min(readings)[1]


def _read_discovery(data: bytes) -> Address:
    _, _, _, host, port = _DISCOVERY.unpack(data)
    return Address(host.split(b"\0", 1)[0].decode("ascii", "replace"), port)
