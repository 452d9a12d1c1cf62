"""How much is measured: enough for a figure, or just enough to see that everything works."""

from typing import Final

import msgspec

TEXT_BYTES: Final = 100
"""The text of every message, on both sides; the peer's frame around it makes about 200 bytes."""


class FanOut(msgspec.Struct, frozen=True, kw_only=True):
    """Messages to one room with so many sockets in it."""

    sockets: int
    messages: int
    in_flight: int
    rate: float
    """Messages a second in the second part, where latency counts."""
    rate_messages: int


class Posts(msgspec.Struct, frozen=True, kw_only=True):
    """Messages posted over HTTP by so many people at once."""

    messages: int
    in_flight: int
    rate: float
    rate_messages: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run: every round goes once through all paths, so that a noisy minute hits them alike."""

    rounds: int
    fan_outs: tuple[FanOut, ...]
    posts: Posts


FULL: Final = Plan(
    rounds=5,
    fan_outs=(
        FanOut(sockets=200, messages=600, in_flight=8, rate=100, rate_messages=300),
        FanOut(sockets=1000, messages=120, in_flight=8, rate=20, rate_messages=60),
    ),
    posts=Posts(messages=3000, in_flight=32, rate=200, rate_messages=2000),
)
QUICK: Final = Plan(
    rounds=1,
    fan_outs=(FanOut(sockets=20, messages=50, in_flight=8, rate=100, rate_messages=20),),
    posts=Posts(messages=100, in_flight=8, rate=100, rate_messages=20),
)
WARM_UP: Final = Plan(
    rounds=0,
    fan_outs=(FanOut(sockets=100, messages=300, in_flight=8, rate=100, rate_messages=50),),
    posts=Posts(messages=1000, in_flight=32, rate=200, rate_messages=100),
)
"""Both sides get to know their work before it counts: Node compiles what is hot, pools fill, plans are cached."""
