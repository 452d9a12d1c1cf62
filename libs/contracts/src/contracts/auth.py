"""What auth tells: accounts and sessions. Topic `account:<user id>`."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from contracts.events import Event
from contracts.ids import SessionId, UserId

ON_BEHALF_OF: Final = "X-On-Behalf-Of-Discord"
"""The header by which a bot names the Discord user for whom it calls; the service that is called maps them."""
MANAGES_GUILD: Final = "X-Discord-Manages-Guild"
"""The Discord server that this user may manage, as Discord has told the bot."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What other members may see of a person."""

    id: UserId
    display_name: str
    avatar_url: str | None = None


class UserRegistered(Event, frozen=True, kw_only=True):
    """An account exists and may act."""

    TYPE: ClassVar[str] = "auth.user_registered.v1"
    user: Profile
    at: datetime


class UserUpdated(Event, frozen=True, kw_only=True):
    """The display name or the picture changed; the whole profile as it is now."""

    TYPE: ClassVar[str] = "auth.user_updated.v1"
    user: Profile
    at: datetime


class UserDeleted(Event, frozen=True, kw_only=True):
    """The account is gone for good; others forget the profile."""

    TYPE: ClassVar[str] = "auth.user_deleted.v1"
    user_id: UserId
    at: datetime


class SessionRevoked(Event, frozen=True, kw_only=True):
    """A session ended before its time: no token of it is valid any more, no socket of it stays open."""

    TYPE: ClassVar[str] = "auth.session_revoked.v1"
    user_id: UserId
    session_id: SessionId
    at: datetime


class IdentityLinked(Event, frozen=True, kw_only=True):
    """An outside account (`provider` "discord") belongs to the user from now on."""

    TYPE: ClassVar[str] = "auth.identity_linked.v1"
    user_id: UserId
    provider: str
    provider_user_id: str
    at: datetime


class IdentityUnlinked(Event, frozen=True, kw_only=True):
    """An outside account no longer belongs to the user."""

    TYPE: ClassVar[str] = "auth.identity_unlinked.v1"
    user_id: UserId
    provider: str
    provider_user_id: str
    at: datetime


class ServiceTokenAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service proves itself (`assertion`, RFC 7523) and names the one service it wants to call."""

    assertion: str
    audience: str


class ServiceTokenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A token for one audience; `expires_in` in seconds."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  the scheme's name, not a secret


class ActingAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /internal/acting`: who is this outside person here? `action` says what for
    ("messaging.space_changed"); `on_behalf_by` names the service that began it (a bot)."""

    provider: str
    provider_user_id: Annotated[str, Meta(max_length=64)]
    action: Annotated[str, Meta(min_length=1, max_length=100)]
    on_behalf_by: Annotated[str, Meta(max_length=64)] = ""
