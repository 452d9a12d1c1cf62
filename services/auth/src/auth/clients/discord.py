"""Discord's OAuth2: a code for tokens, tokens for the person. Any failure is `DiscordRefused` or `Unavailable`."""

from typing import Final, TypeVar

import aiohttp
import msgspec

from auth.domain.identities import DiscordRefused, OutsidePerson
from auth.settings import Settings
from contracts.problems import Unavailable

T = TypeVar("T")

API: Final = "/api/v10"


class Grant(msgspec.Struct, frozen=True):
    """What a code was exchanged for."""

    access_token: str
    token_type: str
    raw: bytes = b""


class Discord:
    """One application at Discord, as the settings name it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base = settings.discord_url.rstrip("/") + API
        self._timeout = aiohttp.ClientTimeout(total=settings.discord_seconds)
        self._http: aiohttp.ClientSession | None = None

    async def exchange(self, code: str, *, verifier: str, callback: str) -> Grant:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
        secret = self._settings.discord_client_secret.reveal()
        authorization = aiohttp.encode_basic_auth(self._settings.discord_client_id, secret)
        body = await self._ask("POST", "/oauth2/token", authorization=authorization, form=form)
        return msgspec.structs.replace(_decoded(body, Grant), raw=body)

    async def person(self, grant: Grant) -> OutsidePerson:
        body = await self._ask("GET", "/users/@me", authorization=f"{grant.token_type} {grant.access_token}")
        return _decoded(body, OutsidePerson)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _ask(self, method: str, path: str, *, authorization: str, form: dict[str, str] | None = None) -> bytes:
        if self._http is None:
            # Cookies that came with one person's code are none of the next one's.
            self._http = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        headers = {"Authorization": authorization}
        try:
            async with self._http.request(method, self._base + path, data=form, headers=headers) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"Discord does not answer: {type(error).__name__}", retry_after_seconds=5) from None
        if answer.status >= 500:
            raise Unavailable(f"Discord answered {answer.status}", retry_after_seconds=5)
        if answer.status >= 400:
            raise DiscordRefused
        return body


def _decoded(body: bytes, expected: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=expected)
    except msgspec.DecodeError:
        raise Unavailable("Discord answered something else than was asked for", retry_after_seconds=5) from None
