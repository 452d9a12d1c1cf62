"""Access tokens as they are made: ES256 JWTs whose signature depends on nothing but key and claims (RFC 6979)."""

import base64
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from contracts.ids import SessionId, UserId
from contracts.tokens import ISSUER, SERVICE_PREFIX, USERS_AUDIENCE, Jwk

COORDINATE_BYTES: Final = 32


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair. It signs from `active_from` until a newer one does, and is published until `ends_at`."""

    id: str
    private_pem: bytes
    active_from: datetime
    ends_at: datetime | None = None

    def private(self) -> ec.EllipticCurvePrivateKey:
        return cast("ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(self.private_pem, None))

    def public_jwk(self) -> Jwk:
        numbers = self.private().public_key().public_numbers()
        x, y = (_text(n.to_bytes(COORDINATE_BYTES, "big")) for n in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.id, "use": "sig", "alg": "ES256"}


def user_claims(
    *, user_id: UserId, session_id: SessionId, name: str, issued_at: datetime, seconds: int
) -> dict[str, Any]:
    return _claims(str(user_id), USERS_AUDIENCE, issued_at, seconds) | {"sid": str(session_id), "name": name}


def service_claims(*, service: str, audience: str, issued_at: datetime, seconds: int) -> dict[str, Any]:
    return _claims(SERVICE_PREFIX + service, audience, issued_at, seconds)


def sign(claims: dict[str, Any], key: SigningKey) -> str:
    """The compact form. The same claims and key give the same text, so a repeated refresh gives the same pair."""
    header = {"alg": "ES256", "kid": key.id, "typ": "JWT"}
    signed = ".".join(_text(msgspec.json.encode(part)) for part in (header, claims))
    der = key.private().sign(signed.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    signature = b"".join(n.to_bytes(COORDINATE_BYTES, "big") for n in decode_dss_signature(der))
    return f"{signed}.{_text(signature)}"


def _claims(subject: str, audience: str, issued_at: datetime, seconds: int) -> dict[str, Any]:
    moment = int(issued_at.timestamp())
    return {"iss": ISSUER, "aud": audience, "sub": subject, "iat": moment, "exp": moment + seconds}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
