"""JSON goes out compressed to those who take that, in the pieces it comes in."""

import zlib
from collections.abc import Iterable
from typing import Any, Final

from litestar.types import HTTPScope, Message, Send

BYTES_MIN: Final = 1024
"""Less fits into a packet as it is."""
LEVEL: Final = 1
"""What more would spare costs the loop more than the network gains."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_TYPES: Final = frozenset({b"application/json", b"application/problem+json"})


def compressing(scope: HTTPScope, send: Send) -> Send:
    """`send`, or one that compresses. An answer with an `ETag` stays as it is: the tag names its very bytes."""
    return _Compressor(send) if _takes_gzip(scope["headers"]) else send


class _Compressor:
    """Holds an answer's head until it is known whether there is enough to compress."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Any = None
        self._packer: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _is_plain_json(message["headers"]):
                self._head = message
                return
        elif message["type"] == "http.response.body" and (self._head is not None or self._packer is not None):
            message = await self._pack(message)
        await self._send(message)

    async def _pack(self, message: Any) -> Message:
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head is not None:
            head, self._head = self._head, None
            if more or len(body) >= BYTES_MIN:
                self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
                headers = [pair for pair in head["headers"] if pair[0].lower() != b"content-length"]
                head["headers"] = [*headers, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
            await self._send(head)
        if self._packer is not None:
            body = self._packer.compress(body) + self._packer.flush(zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH)
        message["body"] = body
        return message


def _is_plain_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Nothing about it forbids other bytes of the same meaning."""
    said = {name.lower(): value for name, value in headers}
    kind = said.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return kind in _TYPES and not {b"content-encoding", b"content-range", b"etag"} & said.keys()


def _takes_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"accept-encoding":
            for one in value.lower().split(b","):
                coding, _, quality = one.partition(b";")
                if coding.strip() == b"gzip":
                    return quality.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
    return False
