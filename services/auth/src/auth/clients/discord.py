"""Discord's OAuth2: a code for tokens, tokens for the person. Any failure is `DiscordRefused` or `Unavailable`."""

from typing import Final

import aiohttp
import msgspec

from auth.domain.identities import DiscordRefused, OutsidePerson
from auth.settings import Settings
from contracts.problems import Unavailable

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
        return msgspec.structs.replace(msgspec.json.decode(body, type=Grant), raw=body)

    async def person(self, grant: Grant) -> OutsidePerson:
        body = await self._ask("GET", "/users/@me", authorization=f"{grant.token_type} {grant.access_token}")
        return msgspec.json.decode(body, type=OutsidePerson)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _ask(self, method: str, path: str, *, authorization: str, form: dict[str, str] | None = None) -> bytes:
        self._http = self._http or aiohttp.ClientSession(timeout=self._timeout)
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
