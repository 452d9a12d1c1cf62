"""People with an account, and what may be said of them."""

import re
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from contracts.auth import Profile
from contracts.ids import UserId
from contracts.problems import FieldError, InvalidInput, Kind, Problem

Language = Literal["en", "de"]
"""Those that mails and pages are written in."""
EMAIL_LENGTH_MAX: Final = 254
NAME_LENGTH_MAX: Final = 64
AVATAR_URL_LENGTH_MAX: Final = 500

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})*")


class EmailTaken(Problem):
    code, kind, title = "email_taken", Kind.CONFLICT, "Another account uses this e-mail address"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. Until `activated_at` it may not act; from `delete_at` on it is forgotten.

    Whoever came by an outside identity has no e-mail address until they give one.
    """

    id: UserId
    email: str | None = None
    email_verified_at: datetime | None = None
    display_name: str
    avatar_url: str | None = None
    password_hash: str | None = None
    is_admin: bool = False
    language: str = "en"
    created_at: datetime
    activated_at: datetime | None = None
    delete_at: datetime | None = None

    @property
    def password_lets_in(self) -> bool:
        """One logs in by address and password: without the address the password is of no use."""
        return self.password_hash is not None and self.email is not None

    @property
    def profile(self) -> Profile:
        return Profile(id=self.id, display_name=self.display_name, avatar_url=self.avatar_url)


def topic_of(user_id: UserId) -> str:
    return f"account:{user_id}"


def email_key(email: str) -> str:
    """The form in which two spellings of an address are the same; raises `InvalidInput` if it is none."""
    stripped = email.strip()
    if len(stripped) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(stripped):
        raise InvalidInput(errors=[FieldError("/email", "Expected an e-mail address")])
    return stripped.casefold()


def checked_name(name: str) -> str:
    stripped = " ".join(name.split())
    if not 1 <= len(stripped) <= NAME_LENGTH_MAX or not stripped.isprintable():
        message = f"Expected 1 to {NAME_LENGTH_MAX} printable characters"
        raise InvalidInput(errors=[FieldError("/display_name", message)])
    return stripped


_FILE: Final = re.compile(r"/api/v1/files/[\w-]{1,64}", re.ASCII)
_NOT_IN_URL: Final = re.compile(r"[^!-~]|[\"'<>\\^`{|}]|/\.\.?(?:/|$)")
"""What RFC 3986 has no place for, and steps to another folder."""
_NO_AVATAR: Final = FieldError("/avatar_url", "Expected a file of this server or an https address")


def checked_label(text: str) -> str:
    """A name that a person gives to a thing of theirs, such as a passkey; may be empty."""
    stripped = " ".join(text.split())
    if len(stripped) > NAME_LENGTH_MAX or not stripped.isprintable():
        raise InvalidInput(errors=[FieldError("/name", f"Expected at most {NAME_LENGTH_MAX} printable characters")])
    return stripped


def checked_avatar(url: str | None) -> str | None:
    """A picture of ours (`/api/v1/files/...`) or one served over HTTPS."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput(errors=[_NO_AVATAR]) from None
    ours = bool(_FILE.fullmatch(url))
    elsewhere = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    if len(url) > AVATAR_URL_LENGTH_MAX or _NOT_IN_URL.search(url) or not (ours or elsewhere):
        raise InvalidInput(errors=[_NO_AVATAR])
    return url
