"""Where every packet went: `received = delivered + held + dropped by cause`, for each speaker."""

from collections import Counter
from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """Why audio is missing, or why a packet is not audio."""

    MALFORMED = "malformed"
    """Not RTP version 2, too short, or its lengths contradict each other."""
    NOT_AUDIO = "not_audio"
    """Another payload type: cameras, retransmissions, RTCP."""
    NO_KEY = "no_key"
    """It came before the voice server had told its key."""
    UNAUTHENTIC = "unauthentic"
    EMPTY = "empty"
    """Nothing but padding: how senders probe the network."""
    DUPLICATE = "duplicate"
    LATE = "late"
    """It came after the wait for it was over; a gap had been reported."""
    UNKNOWN_SPEAKER = "unknown_speaker"
    """No message said whose SSRC it is within the time for which packets are held."""
    UNDECRYPTABLE = "undecryptable"
    """End-to-end encrypted for an epoch whose key we never got."""
    PLAINTEXT = "plaintext"
    """Not end-to-end encrypted where it had to be."""
    OVERFLOW = "overflow"
    """More packets waited for a key than are held."""
    LISTENER_FAILED = "listener_failed"
    LOST = "lost"
    """Never received."""
    RESTARTED = "restarted"
    """The speaker's sequence numbers restarted; how many packets are missing cannot be known."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """A reading of an account. `lost` were never received, so they are outside of the sum."""

    received: int
    delivered: int
    held: int
    dropped: dict[Cause, int]
    lost: int

    @property
    def adds_up(self) -> bool:
        return self.received == self.delivered + self.held + sum(self.dropped.values())


class Account:
    """Of one speaker, or of packets that belong to no speaker."""

    def __init__(self) -> None:
        self.received = 0
        self.delivered = 0
        self.held = 0
        self.lost = 0
        self.dropped: Counter[Cause] = Counter()

    def read(self) -> Counts:
        return Counts(
            received=self.received,
            delivered=self.delivered,
            held=self.held,
            dropped=dict(self.dropped),
            lost=self.lost,
        )
