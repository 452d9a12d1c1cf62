"""Outside accounts: who somebody is at Discord. By (provider, id) only; an e-mail address proves nothing here."""

import base64
import hashlib
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from contracts.ids import SessionId, UserId
from contracts.problems import Kind, Problem

DISCORD = "discord"
SCOPE = "identify"

Mode = Literal["login", "link"]


class DiscordNotConfigured(Problem):
    code, kind, title = "discord_not_configured", Kind.NOT_FOUND, "Signing in with Discord is not set up on this server"


class JourneyBroken(Problem):
    code, kind, title = "journey_broken", Kind.INVALID, "This was not started in this browser. Start again"


class IdentityTaken(Problem):
    code, kind, title = "identity_taken", Kind.CONFLICT, "This Discord account is already linked to another account"


class AnotherDiscordAccount(Problem):
    """Somebody asked to link a certain Discord account, and is logged in at Discord with another one."""

    code, kind, title = (
        "another_discord_account",
        Kind.CONFLICT,
        "You are signed in to Discord with a different account",
    )


class DiscordRefused(Problem):
    code, kind, title = "discord_refused", Kind.FORBIDDEN, "Discord did not confirm your identity"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An outside account that belongs to a user. `tokens`: what the provider gave us, JSON."""

    provider: str
    provider_user_id: str
    user_id: UserId
    username: str
    tokens: bytes
    linked_at: datetime


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on their way to the provider and back. `browser` is the hash of what only their browser holds,
    `provider_user_id` the one outside account that may come of it, if one was named."""

    mode: Mode
    return_to: str
    verifier: str
    browser: bytes
    user_id: UserId | None = None
    session_id: SessionId | None = None
    provider_user_id: str = ""


class PendingLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Discord has said who it is; the account's second factor is still to be shown."""

    user_id: UserId


class OutsidePerson(msgspec.Struct, frozen=True, kw_only=True):
    """Who the provider says it is."""

    id: str
    username: str
    global_name: str | None = None

    @property
    def name(self) -> str:
        return self.global_name or self.username


def authorize_url(discord_url: str, *, client_id: str, callback: str, state: str, verifier: str) -> str:
    """Where the browser goes: authorization code with PKCE (RFC 7636, S256)."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": callback,
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{discord_url.rstrip('/')}/oauth2/authorize?{urlencode(query)}"


def safe_return(return_to: str) -> str:
    """A path of our own, as it can stand in a header; anything else becomes `/` (no open redirect)."""
    try:
        parts = urlsplit(return_to.replace("\\", "/"))
    except ValueError:
        return "/"
    own = return_to.startswith("/") and not return_to.startswith("//") and not parts.netloc
    written = return_to.isascii() and return_to.isprintable() and "\\" not in return_to
    return return_to if own and written else "/"
