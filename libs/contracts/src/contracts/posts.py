"""Posts on their way from the gateway to messaging: what is said on the connection that is kept open for them.

Each frame (`chassis.frames`) is one value in MessagePack. The gateway begins with the connect token it was given.
Messaging says True when it takes posts, and False when it takes no more: what was brought is still answered. Between
the two the gateway brings a `CarriedPost` whenever it has one, and hears a `CarriedAnswer` for each, in any order.
"""

from typing import Final

import msgspec

from contracts.ids import ChannelId

PATH: Final = "/internal/lanes"
"""Where a service asks messaging by POST for a `ConnectToken`."""
DRAFT_BYTES_MAX: Final = 8_000
"""A longer one goes by HTTP."""
FRAME_BYTES_MAX: Final = 1_000_000


class ConnectToken(msgspec.Struct, frozen=True):
    """Lets one connection in, to this port of the host that was asked."""

    port: int
    token: str = msgspec.field(name="ticket")


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
    """To the post of that number; None stands for "send it by HTTP"."""

    number: int
    answer: PostAnswer | None
