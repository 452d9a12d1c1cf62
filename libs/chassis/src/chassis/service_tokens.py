"""How a service proves itself to another: private_key_jwt (RFC 7523) for a short token with one audience."""

import asyncio
import time
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from chassis import jwt
from chassis.http import ServiceClient
from contracts.auth import ServiceTokenAsked, ServiceTokenGiven
from contracts.ids import new_id
from contracts.problems import Unavailable
from contracts.tokens import ASSERTION_AUDIENCE, ASSERTION_SECONDS, SERVICE_PREFIX, Jwk

RENEW_BEFORE_SECONDS: Final = 30


def assertion(service: str, key_pem: str) -> str:
    """A statement by `service`, signed with its own key, that it is who it says."""
    now = int(time.time())
    subject = SERVICE_PREFIX + service
    claims = {"iss": subject, "sub": subject, "aud": ASSERTION_AUDIENCE, "jti": str(new_id()), "iat": now}
    return jwt.encode(claims | {"exp": now + ASSERTION_SECONDS}, key_pem, key_id=service)


class ServiceTokens:
    """Tokens for calls to other services, one per audience, renewed shortly before they end."""

    def __init__(self, http: aiohttp.ClientSession, *, service: str, key_file: str, auth_url: str) -> None:
        self._service = service
        self._key_file = Path(key_file)
        self._auth = ServiceClient(http, "auth", auth_url)
        self._given: dict[str, tuple[str, float]] = {}
        self._asking = asyncio.Lock()

    async def token_for(self, audience: str) -> str:
        """A token that is good for a while yet. Raises `Unavailable` when auth gives none."""
        async with self._asking:
            token, until = self._given.get(audience, ("", 0.0))
            if until < time.monotonic():
                asked = ServiceTokenAsked(
                    assertion=assertion(self._service, self._key_file.read_text()), audience=audience
                )
                answer = await self._auth.ask("POST", "/api/v1/auth/service-tokens", body=asked)
                if answer.status != 200:
                    raise Unavailable(f"auth gives {self._service} no token for {audience}: {answer.body!r}"[:300])
                given = answer.decode(ServiceTokenGiven)
                token = given.access_token
                self._given[audience] = token, time.monotonic() + given.expires_in - RENEW_BEFORE_SECONDS
            return token


class KeysOfAuth:
    """Fetches auth's public keys over HTTP. Raises `Unavailable` when it gives none."""

    def __init__(self, http: aiohttp.ClientSession, auth_url: str) -> None:
        self._auth = ServiceClient(http, "auth", auth_url)

    async def __call__(self) -> list[Jwk]:
        answer = await self._auth.ask("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise Unavailable(f"auth gives no keys: {answer.body!r}"[:300])
        return msgspec.json.decode(answer.body, type=dict[str, list[Jwk]])["keys"]
