"""What anyone may know of this installation before they sign in, and which features are on."""

import asyncio
import hashlib
import time
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from contracts.instance import AccountsInfo, ChatInfo, MediaInfo
from contracts.problems import Unavailable
from gateway.clients import Services
from gateway.routes.flags import Flag, Flags
from gateway.settings import Settings

VERSION: Final = "0.1.0"
"""Of Guildhall."""
BOT_PERMISSIONS: Final = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 20 | 1 << 26
"""View channels, send messages, embed links, connect to voice, change the own nickname."""
INVITATION: Final = (
    "https://discord.com/oauth2/authorize?client_id={id}&scope=bot+applications.commands&permissions={allow}"
)


class DiscordInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one signs in by Discord, and where the bots are invited to a server."""

    login: bool
    bot_invitations: tuple[str, ...]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What clients may say before the server has to. `upload_bytes_max` null: nothing can be uploaded here."""

    message_chars_max: int
    attachments_per_message_max: int
    name_chars_max: int
    topic_chars_max: int
    query_chars_max: int
    page_items_max: int
    password_length_min: int
    password_length_max: int
    upload_bytes_max: int | None
    filename_chars_max: int | None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """This installation. `development_mail` is the page that shows mails where none is sent."""

    name: str
    version: str
    registration: Literal["open", "closed"]
    email_verification: bool
    discord: DiscordInfo
    passkey_domain: str
    languages: tuple[str, ...]
    limits: Limits
    development_mail: str | None


class About:
    """What the services say of themselves, kept for some seconds, and for as long as one of them is away."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self._kept: Instance | None = None
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def instance(self) -> Instance:
        """Raises `Unavailable` while a service has never answered."""
        async with self._asking:
            now = time.monotonic()
            if self._asked_at is None or now - self._asked_at > self._settings.instance_kept_seconds:
                try:
                    self._kept = await self._ask()
                except Unavailable:
                    if self._kept is None:
                        raise
                self._asked_at = now
            if self._kept is None:
                raise Unavailable
            return self._kept

    async def _ask(self) -> Instance:
        has_media = "media" in self._services.urls
        accounts, chat, media = await asyncio.gather(
            self._services.part("auth", AccountsInfo),
            self._services.part("messaging", ChatInfo),
            self._services.part("media", MediaInfo) if has_media else _nothing(),
        )
        return self._compose(accounts, chat, media)

    def _compose(self, accounts: AccountsInfo, chat: ChatInfo, media: MediaInfo | None) -> Instance:
        bots = [one.strip() for one in self._settings.bot_application_ids.split(",") if one.strip()]
        invitations = tuple(INVITATION.format(id=one, allow=BOT_PERMISSIONS) for one in bots)
        return Instance(
            name=self._settings.instance_name,
            version=VERSION,
            registration=accounts.registration,
            email_verification=accounts.email_verification,
            discord=DiscordInfo(login=accounts.discord_login, bot_invitations=invitations),
            passkey_domain=accounts.passkey_domain,
            languages=accounts.languages,
            limits=Limits(
                **msgspec.structs.asdict(chat),
                password_length_min=accounts.password_length_min,
                password_length_max=accounts.password_length_max,
                upload_bytes_max=media.upload_bytes_max if media else None,
                filename_chars_max=media.filename_chars_max if media else None,
            ),
            development_mail=accounts.development_mail,
        )


async def _nothing() -> None:
    return None


@get("/api/v1/instance", tags=["instance"], security=[{}])
async def show_instance(request: Request[Any, Any, Any], about: NamedDependency[About]) -> Response[Instance]:
    """Needs no token. Its `ETag` saves fetching it again."""
    return _tagged(request, await about.instance())


@get("/api/v1/flags", tags=["instance"], security=[{}])
async def show_flags(request: Request[Any, Any, Any], flags: NamedDependency[Flags]) -> Response[dict[str, Flag]]:
    """The features that are switched here. Needs no token."""
    return _tagged(request, flags.current())


def _tagged(request: Request[Any, Any, Any], body: Any) -> Response[Any]:
    encoded = msgspec.json.encode(body)
    headers = {"ETag": f'"{hashlib.sha256(encoded).hexdigest()[:16]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    return Response(encoded, media_type="application/json", headers=headers)


ROUTES = [show_instance, show_flags]
