"""Values on a connection of our own, beside HTTP: a frame is the length of one, in four bytes, and the value.

Where many are said in one turn of the event loop they leave in one write: each is a system call, and wakes the reader.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

_LENGTH_BYTES: Final = 4


class BadFrame(Exception):
    """The other side speaks something else."""


def framed(value: bytes) -> bytes:
    return len(value).to_bytes(_LENGTH_BYTES, "big") + value


class Frames:
    """Parts what arrives into frames, none of them larger than `bytes_max`."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The values that are complete by now. Raises `BadFrame`."""
        data, begin = self._rest + data, 0
        while (value := begin + _LENGTH_BYTES) <= len(data):
            end = value + int.from_bytes(data[begin:value], "big")
            if end - value > self._bytes_max:
                raise BadFrame(f"a frame of {end - value} bytes")
            if end > len(data):
                break
            yield data[value:end]
            begin = end
        self._rest = data[begin:]


class Sender:
    """Sends frames, all of one turn of the event loop at once."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []

    def send(self, value: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(framed(value))

    def flush(self) -> None:
        """At once: something else is to follow, such as the end. On a closed connection nothing is sent."""
        if self._waiting and not self._transport.is_closing():
            self._transport.write(b"".join(self._waiting))
        self._waiting.clear()
