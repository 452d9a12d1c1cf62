"""How many attempts are let through: buckets that fill up and are emptied after their time."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from contracts.ids import new_id
from contracts.problems import Kind, Problem

_UUID_TIME_SHIFT: Final = 80


class Bucket(msgspec.Struct, frozen=True):
    """At most `limit` attempts in `seconds`, counted from the first."""

    key: str
    limit: int
    seconds: int


class Standing(msgspec.Struct, frozen=True):
    """The fullest bucket after an attempt, as the RateLimit headers state it."""

    bucket: Bucket
    remaining: int
    reset_seconds: float

    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers."""
        name = self.bucket.key.partition(":")[0]
        return {
            "RateLimit-Policy": f'"{name}";q={self.bucket.limit};w={self.bucket.seconds}',
            "RateLimit": f'"{name}";r={self.remaining};t={max(1, round(self.reset_seconds))}',
        }


class TooManyAttempts(Problem):
    code, kind, title = "too_many_attempts", Kind.LIMITED, "Too many attempts. Wait before you try again"

    def __init__(self, standing: Standing) -> None:
        bucket = standing.bucket
        detail = f"{bucket.limit} attempts are let through in {bucket.seconds} seconds"
        super().__init__(detail, retry_after_seconds=standing.reset_seconds)
        self.standing = standing


def anonymous(text: str) -> str:
    """Names a person or an address in a key without holding it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def new_device_token(email_key: str, *, key: bytes) -> str:
    """Given to a device on which somebody logged in; it proves only that, and only for that address."""
    device = new_id()
    return f"{device.hex}.{_signature(device, email_key, key)}"


def known_device(token: str | None, email_key: str, *, key: bytes, at: datetime, kept: timedelta) -> str | None:
    """The device's name, if the token was given for this address and is not too old (its UUIDv7 says when)."""
    name, _, signature = (token or "").partition(".")
    try:
        device = UUID(hex=name)
    except ValueError:
        return None
    if not hmac.compare_digest(signature.encode(), _signature(device, email_key, key).encode()):
        return None
    age_seconds = at.timestamp() - (device.int >> _UUID_TIME_SHIFT) / 1000
    return device.hex if age_seconds < kept.total_seconds() else None


def _signature(device: UUID, email_key: str, key: bytes) -> str:
    return hmac.digest(key, device.bytes + email_key.encode(), "sha256").hex()
