"""Posts that travel together: what the gateway carries to messaging in one request, and what it hears of each."""

from typing import Final

import msgspec

from contracts.ids import ChannelId

PATH: Final = "/internal/posts"
TOGETHER_MAX: Final = 100
DRAFT_BYTES_MAX: Final = 8_000
"""A longer one goes alone: what goes together stays below what a service takes in one request."""


class CarriedPost(msgspec.Struct, frozen=True, array_like=True):
    """A post as it came to the gateway: `draft` is the body, which only messaging reads."""

    channel_id: ChannelId
    token: str
    draft: bytes
    trace: str


class PostAnswer(msgspec.Struct, frozen=True, array_like=True):
    """What is to be answered. In the list of answers None stands for "not like this: let it come by itself"."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
