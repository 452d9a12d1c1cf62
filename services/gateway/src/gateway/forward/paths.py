"""Which service a path belongs to, and which paths are tricks."""

import re
from typing import Final

from contracts.problems import InvalidInput

_API: Final = b"/api/v1/"
_API_OWNERS: Final[dict[bytes, str]] = {
    b"auth": "auth",
    b"start": "messaging",
    b"spaces": "messaging",
    b"invites": "messaging",
    b"channels": "messaging",
    b"search": "messaging",
    b"unread": "messaging",
    b"uploads": "media",
    b"files": "media",
    b"recordings": "media",
    b"exports": "media",
}
STORE: Final = "store"
"""Browsers come by us to a store that is private: its bucket's name is the first part of the path."""
_OTHER_OWNERS: Final[tuple[tuple[bytes, str], ...]] = ((b"/.well-known/jwks.json", "auth"), (b"/dev/mail", "auth"))

_TRICK: Final = re.compile(rb"//|/\.{1,2}(?:/|$)|[\\;\x00-\x20\x7f]|%(?:2[ef]|5c|00|0a|0d)", re.IGNORECASE)
"""What two readers of a path may understand differently: empty and dot segments, encoded slashes and dots."""


class TrickyPath(InvalidInput):
    """Sent for paths that no client of ours makes."""

    code, title = "tricky_path", "The path is not in normal form"


def owner_of(path: bytes, *, bucket: bytes = b"") -> str | None:
    """The service that serves this path; None when it is the gateway's own. Raises `TrickyPath`."""
    if _TRICK.search(path):
        raise TrickyPath
    if path.startswith(_API):
        return _API_OWNERS.get(path[len(_API) :].partition(b"/")[0])
    for prefix, service in _OTHER_OWNERS:
        if path == prefix or path.startswith(prefix + b"/"):
            return service
    return STORE if bucket and path.partition(b"/")[2].partition(b"/")[0] == bucket else None
