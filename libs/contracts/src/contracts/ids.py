"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the moment they were made."""

import os
import time
from datetime import datetime
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
SpaceId = NewType("SpaceId", UUID)
ChannelId = NewType("ChannelId", UUID)
MessageId = NewType("MessageId", UUID)
RecordingId = NewType("RecordingId", UUID)

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1


def first_id_of(moment: datetime) -> UUID:
    """The least UUIDv7 that can have been made at that moment: ids at or above it are not older."""
    milliseconds = min(max(0, int(moment.timestamp() * 1000)), (1 << 48) - 1)
    return UUID(int=milliseconds << 80 | _VERSION_7 | _VARIANT)


def new_id() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    return UUID(int=milliseconds << 80 | _VERSION_7 | random & _RANDOM_A | _VARIANT | random & _RANDOM_B)
