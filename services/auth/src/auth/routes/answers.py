"""What is answered to many calls: the user, a session with its tokens; and how refusals are documented."""

from datetime import datetime

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from auth.domain.users import User
from chassis.problems import MEDIA_TYPE
from contracts.ids import SessionId, UserId
from contracts.problems import ProblemBody


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An outside account that is linked."""

    provider: str
    provider_user_id: str
    username: str
    linked_at: datetime


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The user, as they see themself."""

    id: UserId
    email: str
    email_verified: bool
    display_name: str
    avatar_url: str | None
    identities: tuple[Identity, ...]
    created_at: datetime
    is_admin: bool


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session's tokens; `expires_in` in seconds. Browsers get the refresh token as a cookie only."""

    access_token: str
    expires_in: int
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET
    session_id: SessionId
    user: Me
    token_type: str = "Bearer"  # noqa: S105  the scheme's name, not a secret


def me_of(user: User, identities: tuple[Identity, ...] = ()) -> Me:
    return Me(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified_at is not None,
        display_name=user.display_name,
        avatar_url=user.avatar_url,
        identities=identities,
        created_at=user.created_at,
        is_admin=user.is_admin,
    )


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """For OpenAPI: the statuses a call refuses with, beside those that every call may answer."""
    everywhere = (400, 413, 415, 429, 500, 503)
    return {
        status: ResponseSpec(ProblemBody, description="A problem", media_type=MEDIA_TYPE, generate_examples=False)
        for status in (*everywhere, *statuses)
    }
