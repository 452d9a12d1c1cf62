"""What is answered to many calls: the user, a session with its tokens; and how refusals are documented."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from litestar.openapi.datastructures import ResponseSpec

from auth.domain.identities import Identity
from auth.domain.proofs import Factors
from auth.domain.users import User
from auth.domain.visits import Visit
from auth.routes import cookies
from auth.usecases import attempts
from auth.usecases.sessions import Entered
from auth.usecases.tools import Tools
from chassis.problems import MEDIA_TYPE
from contracts.ids import SessionId, UserId
from contracts.problems import ProblemBody


class LinkedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """An outside account that is linked."""

    provider: str
    provider_user_id: str
    username: str
    linked_at: datetime


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The user, as they see themself."""

    id: UserId
    email: str | None
    email_verified: bool
    display_name: str
    avatar_url: str | None
    language: str
    has_password: bool
    identities: tuple[LinkedIdentity, ...]
    factors: Factors
    is_admin: bool
    created_at: datetime
    delete_at: datetime | None
    """When it will be forgotten, unless its owner logs in before."""


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session's tokens; `expires_in` in seconds. Browsers get the other tokens as cookies only."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  the scheme's name, not a secret
    expires_in: int
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET
    device_token: str | msgspec.UnsetType = msgspec.UNSET
    """To be sent as `X-Device-Token` at later logins: others' wrong guesses then don't count against this device."""
    session_id: SessionId
    user: Me


def me_of(user: User, identities: Sequence[Identity], factors: Factors) -> Me:
    shown = [
        LinkedIdentity(
            provider=one.provider,
            provider_user_id=one.provider_user_id,
            username=one.username,
            linked_at=one.linked_at,
        )
        for one in identities
    ]
    return Me(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified_at is not None,
        display_name=user.display_name,
        avatar_url=user.avatar_url,
        language=user.language,
        has_password=user.password_hash is not None,
        identities=tuple(shown),
        factors=factors,
        is_admin=user.is_admin,
        created_at=user.created_at,
        delete_at=user.delete_at,
    )


def logged_in(entered: Entered, *, tools: Tools, visit: Visit, email_key: str | None = None) -> Response[LoggedIn]:
    """With `email_key`: the device becomes known for that address, unless it is already."""
    set_cookies: list[Cookie] = []
    if visit.web:
        set_cookies += cookies.session_cookies(entered.refresh_token, entered.access_token, tools.settings)
    device = attempts.device_token_for(tools, visit=visit, email_key=email_key) if email_key else None
    if device and visit.web:
        set_cookies.append(cookies.device_cookie(device, tools.settings))
    body = LoggedIn(
        access_token=entered.access_token,
        expires_in=tools.settings.access_seconds,
        refresh_token=msgspec.UNSET if visit.web else entered.refresh_token,
        device_token=device if device and not visit.web else msgspec.UNSET,
        session_id=entered.session.id,
        user=me_of(entered.user, entered.identities, entered.factors),
    )
    return Response(body, cookies=set_cookies, headers={"Cache-Control": "no-store"})


def without_body(status: int) -> dict[int, ResponseSpec]:
    """For OpenAPI: an answer that sets cookies or leads elsewhere, and says nothing."""
    return {status: ResponseSpec(None, description="Done")}


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """For OpenAPI: the statuses a call refuses with, beside those that every call may answer."""
    everywhere = (400, 413, 415, 429, 500, 503)
    return {
        status: ResponseSpec(ProblemBody, description="A problem", media_type=MEDIA_TYPE, generate_examples=False)
        for status in (*everywhere, *statuses)
    }
