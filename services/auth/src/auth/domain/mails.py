"""Mail to people: what is said, to whom, in which language; and the links in it, which work once."""

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

from contracts.ids import UserId
from contracts.problems import Kind, Problem


class MailKind(StrEnum):
    """Each has its text in `clients/mail_texts/<language>.toml`."""

    VERIFY_EMAIL = "verify_email"
    ALREADY_REGISTERED = "already_registered"
    CHOOSE_PASSWORD = "choose_password"  # noqa: S105  the name of a mail
    RESET_PASSWORD = "reset_password"  # noqa: S105  the name of a mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of a mail
    CONFIRM_NEW_EMAIL = "confirm_new_email"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    SIGN_IN_CHANGED = "sign_in_changed"
    RECOVERY_CODE_USED = "recovery_code_used"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_KEPT = "account_kept"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one address; `link` is a path with its token in the fragment, so that no server logs it. `name` is
    empty where the address may be a stranger's."""

    kind: MailKind
    to: str
    language: str
    name: str
    link: str = ""
    what: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asked, from there, for a mail to this address. Whether an account has it is looked up later, out of
    their sight."""

    kind: MailKind
    email_key: str
    network: str
    device: str


class Purpose(StrEnum):
    """What a mailed link does."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105  the name of a page
    CONFIRM_EMAIL = "confirm-email"


class MailToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a mailed link stands for."""

    user_id: UserId
    purpose: Purpose
    expires_at: datetime
    email: str


class LinkInvalid(Problem):
    code, kind, title = "link_invalid", Kind.GONE, "This link has expired or was already used. Request a new one"


def link_of(purpose: Purpose, token: str) -> str:
    return f"/{purpose.value}#token={token}"


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
