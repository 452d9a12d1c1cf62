"""A WebSocket client that sends whatever bytes it likes."""

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable

UPGRADE = (
    "GET /api/v1/realtime HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n"
)


class Raw:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self.reader = reader
        self.writer = writer
        self._host = host

    @classmethod
    async def open(cls, port: int, *, more: str = "", first: bytes = b"", limit: int = 65536) -> "Raw":
        """Ask for a socket with `more` headers, or send something else `first`."""
        raw = cls(*await asyncio.open_connection("127.0.0.1", port, limit=limit), f"127.0.0.1:{port}")
        if first:
            raw.writer.write(first)
        else:
            raw.upgrade(more)
        return raw

    def upgrade(self, more: str = "") -> None:
        self.writer.write(UPGRADE.format(host=self._host, more=more).encode())

    async def upgraded(self) -> None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    def stop_reading(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def send(self, opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bool = True) -> None:
        size = len(payload)
        flag = 0x80 if mask else 0
        if size < 126:
            length = bytes([flag | size])
        elif size < 65536:
            length = struct.pack("!BH", flag | 126, size)
        else:
            length = struct.pack("!BQ", flag | 127, size)
        key = os.urandom(4) if mask else b""
        body = bytes(byte ^ key[n % 4] for n, byte in enumerate(payload)) if mask else payload
        self.writer.write(bytes([(0x80 if fin else 0) | rsv << 4 | opcode]) + length + key + body)

    async def frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(5):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")

    async def ended(self) -> None:
        """Wait until the other side has hung up."""
        async with asyncio.timeout(5):
            while await self.reader.read(65536):
                pass


OpenRaw = Callable[..., Awaitable[Raw]]
