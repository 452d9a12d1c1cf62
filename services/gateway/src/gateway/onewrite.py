"""uvicorn's HTTP with one write per answer: its head waits for the body that follows in the same breath.

uvicorn writes them one by one, and each write is a system call, a packet, and a wake-up of the client.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


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


class Http(HttpToolsProtocol):
    """uvicorn's protocol on such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(cast("asyncio.Transport", OneWrite(transport)))

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("OneWrite", self.transport).transport
        super().handle_websocket_upgrade()
