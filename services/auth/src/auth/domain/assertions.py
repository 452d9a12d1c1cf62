"""How a service proves itself: private_key_jwt (RFC 7523), signed by its own key, good once, for a minute."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from auth.domain.refusals import AssertionInvalid
from chassis import jwt
from contracts.tokens import ASSERTION_AUDIENCE, ASSERTION_SECONDS, LEEWAY_SECONDS, SERVICE_PREFIX, Jwk

SECONDS_MAX: Final = ASSERTION_SECONDS + 2 * LEEWAY_SECONDS


class Assertion(msgspec.Struct, frozen=True):
    """A service's statement that it is who it says; `id` makes it one of a kind."""

    service: str
    id: str
    expires_at: datetime


def checked(text: str, *, keys: dict[str, Jwk], audience: str, at: datetime) -> Assertion:
    """The statement, if the key registered for its service signed it and `audience` is one of ours."""
    try:
        key = keys.get(jwt.header_of(text).kid)
        if key is None:
            raise AssertionInvalid("No key is registered under this name")
        subject = SERVICE_PREFIX + str(key["kid"])
        claims = jwt.decode(
            text, key, audience=ASSERTION_AUDIENCE, issuer=subject, subject=subject, required=("iat", "jti", "iss")
        )
    except jwt.TokenRefused:
        raise AssertionInvalid from None
    if audience not in keys and audience != "auth":
        raise AssertionInvalid("No service has the name of that audience")
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if (expires_at - at).total_seconds() > SECONDS_MAX:
        raise AssertionInvalid(f"It may be valid for {ASSERTION_SECONDS} seconds at most")
    return Assertion(str(key["kid"]), str(claims["jti"])[:100], expires_at)
