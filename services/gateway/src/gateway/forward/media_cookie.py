"""Pictures, sounds and links of a page cannot say who asks: for them alone a cookie of auth's does."""

from http.cookies import CookieError, SimpleCookie
from typing import Final

from litestar.types import HTTPScope

from gateway.forward.answers import Headers

COOKIE: Final = "guildhall_media"
"""Has an access token in it; auth sets it where browsers sign in and refresh."""
FOLDERS: Final = frozenset({b"files", b"recordings", b"exports", b"avatars"})
"""Below `/api/v1/`: what pages show and let people save."""
ONLY_OURS: Final[Headers] = [(b"cross-origin-resource-policy", b"same-origin")]
"""No page of another origin shows what is answered there."""
_FROM_OUR_PAGES: Final = frozenset({b"same-origin", b"none"})
_READING: Final = frozenset({"GET", "HEAD"})


def is_media(path: bytes) -> bool:
    """Whether pages show what is there."""
    return path.startswith(b"/api/v1/") and path.split(b"/")[3] in FOLDERS


def with_token(scope: HTTPScope) -> HTTPScope:
    """The request as if the cookie's token stood in its `Authorization`, where it has none, only reads, and was made by
    a page of ours or by hand, as browsers say (`Sec-Fetch-Site`).
    """
    if scope["method"] not in _READING:
        return scope
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"authorization" or (name == b"sec-fetch-site" and value not in _FROM_OUR_PAGES):
            return scope
        if name == b"cookie":
            cookies.append(value)
    token = _token_in(b"; ".join(cookies).decode("latin-1"))
    if not token:
        return scope
    return {**scope, "headers": [*scope["headers"], (b"authorization", b"Bearer %b" % token.encode("latin-1"))]}


def _token_in(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
