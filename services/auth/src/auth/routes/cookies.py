"""Browsers: the refresh token and the device token in cookies, used only by pages of ours."""

from typing import Any, Final, Literal
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from auth.domain.refusals import OriginRefused
from auth.settings import Settings

REFRESH: Final = "guildhall_refresh"
DEVICE: Final = "guildhall_device"
JOURNEY: Final = "guildhall_journey"
SECOND_FACTOR: Final = "guildhall_second_factor"
REFRESH_PATHS: Final = ("/api/v1/auth/refresh", "/api/v1/auth/logout")
MEDIA: Final = "guildhall_media"
MEDIA_PATHS: Final = ("/api/v1/files", "/api/v1/recordings", "/api/v1/exports", "/api/v1/avatars")
DEVICE_PATH: Final = "/api/v1/auth"
JOURNEY_PATH: Final = "/api/v1/auth/discord"


def require_own_origin(request: Request[Any, Any, Any], settings: Settings) -> None:
    """Browsers name the page's origin with every POST; another one, or none, may not use the cookie."""
    own = {_origin(settings.public_url), *(_origin(one) for one in settings.web_origins.split(",") if one.strip())}
    if request.headers.get("origin", "") not in own:
        raise OriginRefused


def refresh_cookies(token: str, settings: Settings) -> list[Cookie]:
    """For the two calls that use it and no other."""
    seconds = settings.session_idle_days * 86_400
    return [_cookie(REFRESH, token, path=path, seconds=seconds, settings=settings) for path in REFRESH_PATHS]


def no_refresh_cookies(settings: Settings) -> list[Cookie]:
    return [_cookie(REFRESH, "", path=path, seconds=0, settings=settings) for path in REFRESH_PATHS]


def media_cookies(access_token: str, settings: Settings) -> list[Cookie]:
    """For pictures, sounds and links of our pages, which send no header: the gateway takes it for reading there, and
    only while the token is good.
    """
    return [
        _cookie(MEDIA, access_token, path=path, seconds=settings.access_seconds, settings=settings, samesite="strict")
        for path in MEDIA_PATHS
    ]


def no_media_cookies(settings: Settings) -> list[Cookie]:
    return [_cookie(MEDIA, "", path=path, seconds=0, settings=settings, samesite="strict") for path in MEDIA_PATHS]


def device_cookie(token: str, settings: Settings) -> Cookie:
    return _cookie(DEVICE, token, path=DEVICE_PATH, seconds=settings.device_days * 86_400, settings=settings)


def journey_cookie(browser: str, settings: Settings) -> Cookie:
    """`browser` is what makes this browser the only one that can end the journey; empty removes it."""
    seconds = settings.challenge_seconds if browser else 0
    return _cookie(JOURNEY, browser, path=JOURNEY_PATH, seconds=seconds, settings=settings)


def second_factor_cookie(browser: str, settings: Settings) -> Cookie:
    """`browser` is what makes this browser the only one that can finish the log-in; empty removes it."""
    seconds = settings.challenge_seconds if browser else 0
    return _cookie(SECOND_FACTOR, browser, path=JOURNEY_PATH, seconds=seconds, settings=settings)


def session_cookies(refresh_token: str, access_token: str, settings: Settings) -> list[Cookie]:
    """All that a browser keeps of a session."""
    return [*refresh_cookies(refresh_token, settings), *media_cookies(access_token, settings)]


def no_session_cookies(settings: Settings) -> list[Cookie]:
    return [*no_refresh_cookies(settings), *no_media_cookies(settings)]


def _cookie(
    name: str,
    value: str,
    *,
    path: str,
    seconds: int,
    settings: Settings,
    samesite: Literal["lax", "strict"] = "lax",
) -> Cookie:
    secure = settings.public_url.startswith("https:")
    return Cookie(
        name, path=path, value=value, max_age=seconds, secure=secure or None, httponly=True, samesite=samesite
    )


def _origin(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc}"
