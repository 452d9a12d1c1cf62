"""What `chassis.jwt` does, by another library: the attacks must fail on both, so that either can serve."""

from collections.abc import Sequence
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from chassis.jwt import TokenRefused, TokenTooOld, header_of
from contracts.tokens import ALGORITHMS, LEEWAY_SECONDS, Jwk

EXPIRY_MAX = 2**53
"""Beyond it seconds are no number that every reader understands."""


def encode(claims: dict[str, Any], private_pem: str, *, key_id: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": key_id, "typ": "JWT"}, claims, ECKey.import_key(private_pem))


def decode(
    token: str, key: Jwk, *, audience: str, issuer: str, subject: str | None = None, required: Sequence[str] = ()
) -> dict[str, Any]:
    header_of(token)
    expected: dict[str, Any] = {name: {"essential": True} for name in ("exp", "sub", *required)}
    expected |= {"aud": {"essential": True, "value": audience}, "iss": {"essential": True, "value": issuer}}
    if subject is not None:
        expected["sub"] = {"essential": True, "value": subject}
    try:
        claims = jwt.decode(token, ECKey.import_key({**key}), algorithms=ALGORITHMS).claims
        JWTClaimsRegistry(leeway=LEEWAY_SECONDS, **expected).validate(claims)
    except ExpiredTokenError as error:
        raise TokenTooOld from error
    except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TokenRefused from error
    if not isinstance(claims["aud"], str) or not isinstance(claims["sub"], str) or claims["exp"] > EXPIRY_MAX:
        raise TokenRefused
    return claims
