"""What a listener hears: frames of audio, and everything that happens around them."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from voice.accounts import Cause


class Frame(msgspec.Struct, frozen=True):
    """One Opus packet of one speaker, in the order in which it was spoken.

    `sequence` and `timestamp` (48 kHz) are the speaker's RTP numbers and wrap around; `arrived_ns` is
    `time.monotonic_ns()` of the packet's arrival, also when it was held back since.
    """

    user_id: int
    ssrc: int
    sequence: int
    timestamp: int
    arrived_ns: int
    opus: bytes


class Joined(msgspec.Struct, frozen=True):
    """Somebody is in the channel; their audio may follow."""

    user_id: int


class Left(msgspec.Struct, frozen=True):
    user_id: int


class Speaking(msgspec.Struct, frozen=True):
    """Somebody's audio comes under this SSRC from now on."""

    user_id: int
    ssrc: int


class Gap(msgspec.Struct, frozen=True):
    """`packets` of a speaker, beginning with `sequence`, will not come. `at_ns` is when the first one would have been
    there at the latest, or was received."""

    user_id: int | None
    ssrc: int
    sequence: int
    packets: int
    cause: Cause
    at_ns: int


class Transition(msgspec.Struct, frozen=True):
    """The room's end-to-end encryption entered a new epoch, or was given up (version 0) or taken up again."""

    protocol_version: int


class Moved(msgspec.Struct, frozen=True):
    """The bot was moved into another channel of the same guild."""

    channel_id: int


class Reconnecting(msgspec.Struct, frozen=True):
    """The connection broke; with it nothing is lost yet. `close_code` is None when the voice server was changed."""

    close_code: int | None
    at_ns: int


class Reconnected(msgspec.Struct, frozen=True):
    """`resumed` when it is the same session; otherwise audio between the two is gone."""

    resumed: bool
    at_ns: int


class Reason(StrEnum):
    """Why a connection is closed for good."""

    REQUESTED = "requested"
    DISCONNECTED = "disconnected"
    """Kicked from the channel, the channel deleted, or the bot's main session lost."""
    CALL_ENDED = "call_ended"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    """The voice server does not take us as we are (encryption mode, protocol)."""
    UNREACHABLE = "unreachable"
    """No session came about within the time for reconnecting."""
    FAILED = "failed"
    """A bug in here; it was logged."""


class Closed(msgspec.Struct, frozen=True):
    """Nothing follows."""

    reason: Reason
    close_code: int | None = None


Event = Joined | Left | Speaking | Gap | Transition | Moved | Reconnecting | Reconnected | Closed
Heard = Frame | Event
Listener = Callable[[Heard], None]
"""Called on the event loop, in order; must return quickly."""
