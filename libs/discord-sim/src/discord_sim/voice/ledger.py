"""What was sent and what was kept back, so that a test can compare it with what was written."""

import hashlib
import time

import msgspec

SILENCE = b"\xf8\xff\xfe"


class Sent(msgspec.Struct, frozen=True):
    """One frame as its speaker gave it to the voice server.

    `digest` is of the Opus packet; None where an outside client sealed it before we saw it. `payload_digest` is of the
    payload on the wire, sealed or not.
    """

    user_id: int
    channel_id: int
    ssrc: int
    sequence: int
    timestamp: int
    at_ns: int
    size: int
    payload_digest: bytes
    digest: bytes | None
    silence: bool


class Withheld(msgspec.Struct, frozen=True):
    """A frame that a fault kept from one receiver, or gave to them broken."""

    receiver_id: int
    ssrc: int
    sequence: int
    fault: str


def digest(packet: bytes) -> bytes:
    return hashlib.blake2b(packet, digest_size=16).digest()


class Ledger:
    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.withheld: list[Withheld] = []

    def record(
        self,
        user_id: int,
        *,
        channel_id: int,
        ssrc: int,
        sequence: int,
        timestamp: int,
        payload: bytes,
        opus: bytes | None,
    ) -> None:
        self.sent.append(
            Sent(
                user_id=user_id,
                channel_id=channel_id,
                ssrc=ssrc,
                sequence=sequence,
                timestamp=timestamp,
                at_ns=time.monotonic_ns(),
                size=len(payload),
                payload_digest=digest(payload),
                digest=None if opus is None else digest(opus),
                silence=SILENCE in (payload, opus),
            )
        )

    def voiced(self, user_id: int) -> list[Sent]:
        return [sent for sent in self.sent if sent.user_id == user_id and not sent.silence]

    def kept_from(self, receiver_id: int) -> set[tuple[int, int]]:
        """The (ssrc, sequence) of every frame that this receiver cannot have."""
        return {(kept.ssrc, kept.sequence) for kept in self.withheld if kept.receiver_id == receiver_id}
