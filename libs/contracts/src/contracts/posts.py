"""Posts on their way from the gateway to messaging: what is said on the connection that is kept open for them.

A frame is the length of what follows in four bytes, most significant first, and one value in MessagePack. The gateway
begins with the ticket it was given. Messaging says True when it takes posts, and False when it takes no more: what was
brought is still answered. Between the two the gateway brings a `CarriedPost` whenever it has one, and hears a
`CarriedAnswer` for each, in any order.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from contracts.ids import ChannelId

PATH: Final = "/internal/lanes"
"""Where a service asks messaging by POST for a `Ticket`."""
DRAFT_BYTES_MAX: Final = 8_000
"""A longer one takes the ordinary road."""
FRAME_BYTES_MAX: Final = 1_000_000

_LENGTH_BYTES: Final = 4


class Ticket(msgspec.Struct, frozen=True):
    """Lets one connection in, to this port of the host that was asked."""

    port: int
    ticket: str


class CarriedPost(msgspec.Struct, frozen=True, array_like=True):
    """A post as it came to the gateway: `draft` is the body, which only messaging reads."""

    number: int
    channel_id: ChannelId
    token: str
    draft: bytes
    trace: str


class PostAnswer(msgspec.Struct, frozen=True, array_like=True):
    """What is to be answered."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class CarriedAnswer(msgspec.Struct, frozen=True, array_like=True):
    """To the post of that number; None stands for "not like this: let it come by the ordinary road"."""

    number: int
    answer: PostAnswer | None


class BadFrame(Exception):
    """The other side speaks something else."""


def framed(value: bytes) -> bytes:
    return len(value).to_bytes(_LENGTH_BYTES, "big") + value


class Frames:
    """Parts what arrives into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The values that are complete by now. Raises `BadFrame`."""
        data, begin = self._rest + data, 0
        while (value := begin + _LENGTH_BYTES) <= len(data):
            end = value + int.from_bytes(data[begin:value], "big")
            if end - value > FRAME_BYTES_MAX:
                raise BadFrame(f"a frame of {end - value} bytes")
            if end > len(data):
                break
            yield data[value:end]
            begin = end
        self._rest = data[begin:]
