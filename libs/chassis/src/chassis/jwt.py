"""JSON Web Tokens (RFC 7519), signed with ES256: how all of Guildhall makes and checks them.

Nothing else imports python-jose. What RFC 8725 warns of is refused here, before the library reads a token: other
algorithms, headers that name a key or must be understood, and forms that two readers take for two things.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import msgspec
from jose import jwk, jwt
from jose.exceptions import ExpiredSignatureError, JOSEError

from contracts.tokens import ALGORITHMS, LEEWAY_SECONDS, Jwk

TOKEN_LENGTH_MAX: Final = 4096
_ALGORITHM: Final = "ES256"
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{86}", re.ASCII)
"""Three parts in base64url without padding; an ES256 signature has 64 bytes."""


class TokenRefused(Exception):
    """It is no token of ours, or not meant for this."""


class TokenTooOld(TokenRefused):
    """It was good once."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a header of ours says. A `jku`, `jwk`, `x5u` or `crit` in it is an attack."""

    alg: str
    kid: str
    typ: str = "JWT"


class _Times(msgspec.Struct, frozen=True):
    exp: float | None = None
    nbf: float | None = None
    iat: float | None = None


def header_of(token: str) -> Header:
    """What the token says of itself, unverified. Raises `TokenRefused`."""
    if len(token) > TOKEN_LENGTH_MAX or not _COMPACT.fullmatch(token):
        raise TokenRefused("It is not in compact form")
    try:
        header = msgspec.convert(jwt.get_unverified_header(token), Header)
    except (JOSEError, ValueError, RecursionError) as error:
        raise TokenRefused("Its header is not one of ours") from error
    if header.alg not in ALGORITHMS or header.typ != "JWT":
        raise TokenRefused("It must be signed with ES256")
    return header


def encode(claims: dict[str, Any], private_pem: str, *, key_id: str) -> str:
    """A signed token in compact form."""
    return jwt.encode(claims, private_pem, algorithm=_ALGORITHM, headers={"kid": key_id})


def decode(
    token: str, key: Jwk, *, audience: str, issuer: str, subject: str | None = None, required: Sequence[str] = ()
) -> dict[str, Any]:
    """The claims, if `key` signed them for `audience` and they hold now; `exp`, `sub` and `aud` are always `required`.

    Raises `TokenTooOld` or `TokenRefused`.
    """
    header_of(token)
    options = {f"require_{claim}": True for claim in ("exp", "sub", "aud", *required)}
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=audience,
            issuer=issuer,
            subject=subject,
            options={**options, "leeway": LEEWAY_SECONDS},
        )
        msgspec.convert(claims, _Times)
    except ExpiredSignatureError as error:
        raise TokenTooOld("It has expired") from error
    except (JOSEError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise TokenRefused("It is not valid here") from error
    if not isinstance(claims["aud"], str):
        raise TokenRefused("It is meant for more than one audience")
    return claims


def public_jwk(key_id: str, private_pem: str) -> Jwk:
    """The public half of a key, as others are told it (RFC 7517)."""
    public = jwk.construct(private_pem, _ALGORITHM).public_key().to_dict()
    return public | {"kid": key_id, "use": "sig"}


def signer(private_pem: str) -> Callable[[bytes], bytes]:
    """Signs bytes with ES256: 64 bytes, as in a JSON Web Signature (RFC 7518, section 3.4)."""
    key: Any = jwk.construct(private_pem, _ALGORITHM)
    return cast("Callable[[bytes], bytes]", key.sign)
