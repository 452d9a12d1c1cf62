"""Sessions and their refresh tokens: one chain per session, each token derived from the one before."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from uuid import UUID

import msgspec

from auth.domain.refusals import RefreshTokenInvalid
from contracts.ids import SessionId, UserId

ID_BYTES: Final = 16
SECRET_BYTES: Final = 32
TAG_BYTES: Final = 16


class Spent(msgspec.Struct, frozen=True):
    """A refresh token that was used, by its hash, and when."""

    hash: bytes
    at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person on a device. `confirmed_at`: when they last proved who they are; `method`: by what."""

    id: SessionId
    user_id: UserId
    method: str
    device: str
    network: str
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime
    expires_at: datetime
    refresh_hash: bytes
    rotated_at: datetime
    spent: tuple[Spent, ...] = ()
    ended_at: datetime | None = None

    def open_at(self, at: datetime, *, idle: timedelta) -> bool:
        return self.ended_at is None and at < self.expires_at and at < self.last_seen_at + idle


class RefreshToken(msgspec.Struct, frozen=True):
    """What a client holds: the session it belongs to, and the secret of this link of the chain."""

    session_id: SessionId
    secret: bytes

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.secret).digest()

    def successor(self, key: bytes) -> "RefreshToken":
        """Derived, so that a repeated request can be answered alike though no secret is stored."""
        return RefreshToken(self.session_id, _mac(key, b"successor", self))

    def encode(self, key: bytes) -> str:
        tag = _mac(key, b"tag", self)[:TAG_BYTES]
        return base64.urlsafe_b64encode(self.session_id.bytes + self.secret + tag).decode().rstrip("=")


def decode_refresh_token(text: str, *, key: bytes) -> RefreshToken:
    """The tag proves that we gave it out: nobody can end a session by sending nonsense with its id."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise RefreshTokenInvalid from None
    if len(raw) != ID_BYTES + SECRET_BYTES + TAG_BYTES:
        raise RefreshTokenInvalid
    token = RefreshToken(SessionId(UUID(bytes=raw[:ID_BYTES])), raw[ID_BYTES:-TAG_BYTES])
    if not hmac.compare_digest(raw[-TAG_BYTES:], _mac(key, b"tag", token)[:TAG_BYTES]):
        raise RefreshTokenInvalid
    return token


class Verdict(Enum):
    """What a presented refresh token is."""

    CURRENT = auto()
    REPEATED = auto()
    REPLAYED = auto()
    OVER = auto()


def judge(
    session: Session, *, presented: bytes, at: datetime, repeat: timedelta, idle: timedelta
) -> tuple[Verdict, datetime]:
    """The verdict on a token's hash, and the moment at which its successor was or is given out."""
    if not session.open_at(at, idle=idle):
        return Verdict.OVER, at
    if hmac.compare_digest(presented, session.refresh_hash):
        return Verdict.CURRENT, at
    for spent in session.spent:
        if hmac.compare_digest(presented, spent.hash) and at < spent.at + repeat:
            return Verdict.REPEATED, spent.at
    return Verdict.REPLAYED, at


def rotated(session: Session, *, successor: bytes, at: datetime, repeat: timedelta) -> Session:
    """The session after its current token was used."""
    recent = tuple(spent for spent in session.spent if at < spent.at + repeat)
    return msgspec.structs.replace(
        session,
        refresh_hash=successor,
        rotated_at=at,
        last_seen_at=at,
        spent=(*recent, Spent(session.refresh_hash, at)),
    )


def _mac(key: bytes, purpose: bytes, token: RefreshToken) -> bytes:
    return hmac.digest(key, purpose + token.session_id.bytes + token.secret, "sha256")
