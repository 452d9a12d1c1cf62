"""The UDP side of a voice session: finds out our outside address, keeps the way open, hands datagrams on."""

import asyncio
import socket
import time
from collections.abc import Callable
from struct import Struct

import msgspec
import structlog

REQUEST, RESPONSE, DISCOVERY_LENGTH = 1, 2, 70
DISCOVERY_BYTES = 74
ATTEMPTS, ATTEMPT_SECONDS = 5, 1.0
KEEPALIVE_SECONDS = 5.0
"""So that a NAT on the way keeps our port."""
KEEPALIVE_BYTES = 8
BUFFER_BYTES = 4 << 20

_DISCOVERY = Struct(">HHI64sH")

log = structlog.get_logger()


class Unreachable(Exception):
    """The voice server does not answer by UDP."""


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


class Udp(asyncio.DatagramProtocol):
    """`receive` gets every datagram of media with its arrival in nanoseconds, on the event loop."""

    def __init__(self, receive: Callable[[bytes, int], None]) -> None:
        self._receive = receive
        self._discovered: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.DatagramTransport | None = None
        self._keepalive: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, host: str, port: int, *, receive: Callable[[bytes, int], None]) -> "Udp":
        loop = asyncio.get_running_loop()
        _, udp = await loop.create_datagram_endpoint(lambda: cls(receive), remote_addr=(host, port))
        return udp

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the socket is connected to one
        if len(data) == DISCOVERY_BYTES and data[:2] == b"\x00\x02":
            if not self._discovered.done():
                self._discovered.set_result(_read_discovery(data))
        elif len(data) != KEEPALIVE_BYTES:
            self._receive(data, time.monotonic_ns())

    def error_received(self, exc: Exception) -> None:
        log.info("udp.failed", reason=str(exc))

    async def discover(self, ssrc: int) -> Address:
        """Our address as the voice server sees it. Asks again when a question or its answer is lost."""
        request = _DISCOVERY.pack(REQUEST, DISCOVERY_LENGTH, ssrc, b"", 0)
        for _ in range(ATTEMPTS):
            self._send(request)
            try:
                found = await asyncio.wait_for(asyncio.shield(self._discovered), ATTEMPT_SECONDS)
            except TimeoutError:
                continue
            self._keepalive = asyncio.create_task(self._keep_alive())
            return found
        raise Unreachable("no answer to the IP discovery")

    def close(self) -> None:
        if self._keepalive:
            self._keepalive.cancel()
        if self._transport:
            self._transport.close()

    async def _keep_alive(self) -> None:
        count = 0
        while True:
            self._send(count.to_bytes(KEEPALIVE_BYTES, "little"))
            count += 1
            await asyncio.sleep(KEEPALIVE_SECONDS)

    def _send(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data)


def _read_discovery(data: bytes) -> Address:
    _, _, _, host, port = _DISCOVERY.unpack(data)
    return Address(host.split(b"\0", 1)[0].decode("ascii", "replace"), port)
