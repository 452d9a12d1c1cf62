"""How frames are written: plain text, one zlib stream per connection, or each payload compressed by itself."""

import zlib
from typing import Any

import msgspec
from aiohttp import web


class Framing:
    """Plain text, until told otherwise by the URL (a stream) or by the identify (each payload)."""

    def __init__(self, *, stream: bool) -> None:
        self._stream = zlib.compressobj() if stream else None
        self.payloads = False

    async def send(self, socket: web.WebSocketResponse, message: Any) -> None:
        data = msgspec.json.encode(message)
        if self._stream:
            await socket.send_bytes(self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH))
        elif self.payloads:
            await socket.send_bytes(zlib.compress(data))
        else:
            await socket.send_str(data.decode())
