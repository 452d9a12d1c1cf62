"""What auth's tokens look like to everybody who makes or checks one."""

from typing import Any, Final

ALGORITHMS: Final = ["ES256"]
"""All that is ever accepted."""

ISSUER: Final = "guildhall"

USERS_AUDIENCE: Final = "guildhall"
"""A person's token is meant for all services alike; a service's for the one it names."""

SERVICE_PREFIX: Final = "service:"
"""Begins the subject of a service's token."""

LEEWAY_SECONDS: Final = 5
"""For clocks that differ."""

REVOKED_SECONDS: Final = 900
"""How long everybody remembers that a session has ended."""

ACCESS_SECONDS_MAX: Final = REVOKED_SECONDS - 2 * LEEWAY_SECONDS
"""No access token lives longer: it would look valid again once its session's end is forgotten."""

ASSERTION_AUDIENCE: Final = "auth"

ASSERTION_SECONDS: Final = 60
"""How long a service's statement about itself is good (RFC 7523)."""

Jwk = dict[str, Any]
"""A public key as a JSON Web Key (RFC 7517)."""
