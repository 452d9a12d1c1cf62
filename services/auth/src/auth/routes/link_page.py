"""Where the button of `/link` in Discord leads: a page on which somebody signs in and goes on to Discord."""

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Final

from litestar import MediaType, Response, get

INLINE: Final = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


@get("/discord/link", include_in_schema=False, sync_to_thread=False)
def show_link_page() -> Response[str]:
    """It asks nothing of a cookie by itself: its script fetches a token, which no other page can, and links with that.

    `?discord_id=` says which Discord account is meant; what came of the way to Discord is added to the address.
    """
    page, policy = _page()
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(page, media_type=MediaType.HTML, headers=headers)


@cache
def _page() -> tuple[str, str]:
    """The page, and the policy that lets exactly its own script and styles through."""
    page = resources.files("auth").joinpath("static/link.html").read_text("utf-8")
    allowed = {kind: _digest(text) for kind, text in INLINE.findall(page)}
    policy = (
        f"default-src 'none'; script-src '{allowed['script']}'; style-src '{allowed['style']}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


ROUTES = [show_link_page]
