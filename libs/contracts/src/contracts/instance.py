"""What each service says of this installation, before anyone is signed in. The gateway puts it together."""

from typing import Final, Literal

import msgspec

PATH: Final = "/internal/instance"
"""Where every service answers with its part."""


class AccountsInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Auth's part. `development_mail` is the page that shows mails where none is sent."""

    registration: Literal["open", "closed"]
    email_verification: bool
    discord_login: bool
    passkey_domain: str
    languages: tuple[str, ...]
    password_length_min: int
    password_length_max: int
    development_mail: str | None = None


class ChatInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Messaging's part: its limits, in characters and items."""

    message_chars_max: int
    attachments_per_message_max: int
    name_chars_max: int
    topic_chars_max: int
    query_chars_max: int
    page_items_max: int


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Media's part: its limits."""

    upload_bytes_max: int
    filename_chars_max: int
