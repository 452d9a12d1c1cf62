"""How a service proves itself: private_key_jwt (RFC 7523), signed by its own key, good once, for a minute."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from jose import jwt
from jose.exceptions import JOSEError

from auth.domain.refusals import AssertionInvalid
from contracts.tokens import ALGORITHMS, ASSERTION_AUDIENCE, ASSERTION_SECONDS, LEEWAY_SECONDS, SERVICE_PREFIX, Jwk

SECONDS_MAX: Final = ASSERTION_SECONDS + 2 * LEEWAY_SECONDS


class Assertion(msgspec.Struct, frozen=True):
    """A service's statement that it is who it says; `id` makes it one of a kind."""

    service: str
    id: str
    expires_at: datetime


def checked(text: str, *, keys: dict[str, Jwk], audience: str, at: datetime) -> Assertion:
    """The statement, if the key registered for its service signed it and `audience` is one of ours."""
    try:
        key_id = jwt.get_unverified_header(text).get("kid")
        key = keys.get(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise AssertionInvalid("No key is registered under this name")
        subject = SERVICE_PREFIX + str(key["kid"])
        needed = {f"require_{claim}": True for claim in ("exp", "iat", "jti", "aud", "iss", "sub")}
        options = needed | {"leeway": LEEWAY_SECONDS}
        meant = {"audience": ASSERTION_AUDIENCE, "issuer": subject, "subject": subject}
        claims: dict[str, Any] = jwt.decode(text, key, algorithms=ALGORITHMS, options=options, **meant)
    except (JOSEError, ValueError, TypeError, AttributeError):
        raise AssertionInvalid from None
    if audience not in keys and audience != "auth":
        raise AssertionInvalid("No service has the name of that audience")
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if (expires_at - at).total_seconds() > SECONDS_MAX:
        raise AssertionInvalid(f"It may be valid for {ASSERTION_SECONDS} seconds at most")
    return Assertion(str(key["kid"]), str(claims["jti"])[:100], expires_at)
