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
    """A user is in the channel; their audio may follow."""

    user_id: int


class Left(msgspec.Struct, frozen=True):
    user_id: int


class Speaking(msgspec.Struct, frozen=True):
    """A user's audio comes under this SSRC from now on."""

    user_id: int
    ssrc: int


class Gap(msgspec.Struct, frozen=True):
    """`packets` of a speaker, beginning with `sequence`, will not come. `at_ns` is when the first one was received, or,
    where it never was, when it was due: 20 ms a packet before the one that came next."""

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
    """The connection broke. `close_code` is None when the voice server was changed; `at_ns` is when voice was last
    known to arrive, which may be long before the break was noticed."""

    close_code: int | None
    at_ns: int


class Reconnected(msgspec.Struct, frozen=True):
    """`resumed` when it is the same session. Whether anything was lost meanwhile is told by `Outage`."""

    resumed: bool
    at_ns: int


class Outage(msgspec.Struct, frozen=True):
    """Nothing of anybody was received from `since_ns` until `until_ns`, and what was said in between is gone."""

    since_ns: int
    until_ns: int


class EncryptionLost(msgspec.Struct, frozen=True):
    """No frames can be decrypted since `since_ns`: we have fallen out of the encrypted group and ask to be put
    back, for the `attempts`th time. Told with each attempt."""

    since_ns: int
    attempts: int


class EncryptionRestored(msgspec.Struct, frozen=True):
    """The first frame was decrypted again."""

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
    """Nothing follows. `last_good_ns` is when voice was last known to arrive: a gap that is left begins there. None
    where voice never arrived."""

    reason: Reason
    close_code: int | None = None
    last_good_ns: int | None = None


Event = (
    Joined
    | Left
    | Speaking
    | Gap
    | Outage
    | Transition
    | EncryptionLost
    | EncryptionRestored
    | Moved
    | Reconnecting
    | Reconnected
    | Closed
)
Heard = Frame | Event
Listener = Callable[[Heard], None]
"""Called on the event loop, in order; must return quickly."""
