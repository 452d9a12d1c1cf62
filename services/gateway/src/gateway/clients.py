"""Calls to the services: their logs, their documents, their readiness."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import aiohttp
import msgspec

from chassis.http import ServiceClient
from chassis.service_tokens import KeysOfAuth, ServiceTokens
from contracts import instance
from contracts.events import LogPage
from contracts.posts import PATH, ConnectToken
from contracts.problems import NotFound, Unavailable
from contracts.tokens import Jwk
from gateway.settings import Settings

T = TypeVar("T")

READY_SECONDS_MAX: Final = 1.8
DOCUMENT_SECONDS_MAX: Final = 5.0
OWNERS: Final = {
    "account": "auth", "channel": "messaging", "space": "messaging", "user": "messaging", "recordings": "media",
}  # fmt: skip
"""Which service owns a topic, by what stands before its colon."""


class Services:
    """The services of this installation, to be asked while `open`."""

    def __init__(self, settings: Settings) -> None:
        urls = {"auth": settings.auth_url, "messaging": settings.messaging_url, "media": settings.media_url}
        self.urls = {name: url.rstrip("/") for name, url in urls.items() if url}
        bots = {"control-bot": settings.control_bot_url, "recorder-bot": settings.recorder_bot_url}
        self.bots = {name: url.rstrip("/") for name, url in bots.items() if url}
        self._settings = settings
        self._clients: dict[str, ServiceClient] = {}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        async with aiohttp.ClientSession() as self._http:
            tokens = ServiceTokens(
                self._http,
                service="gateway",
                key_file=self._settings.service_key_file,
                auth_url=self._settings.auth_url,
            )
            self._clients = {
                name: ServiceClient(self._http, name, url, tokens=tokens) for name, url in self.urls.items()
            }
            self._keys = KeysOfAuth(self._http, self._settings.auth_url)
            yield

    async def keys(self) -> list[Jwk]:
        """Auth's public keys."""
        return await self._keys()

    def knows(self, topic: str) -> bool:
        """Whether somebody could own such a topic."""
        kind, colon, rest = topic.partition(":")
        return bool(colon and 0 < len(rest) <= 64) and OWNERS.get(kind) in self.urls

    async def page(self, topic: str, *, after: int | None, limit: int, audience: bool) -> LogPage:
        """`GET /internal/log` of the topic's owner. Raises `NotFound` or `Unavailable`."""
        client = self._clients[OWNERS[topic.partition(":")[0]]]
        params = {"topic": topic, "limit": str(limit), "audience": "true" if audience else "false"}
        if after is not None:
            params["after"] = str(after)
        answer = await client.ask("GET", "/internal/log", params=params)
        if answer.status in {400, 404}:  # 400: what stands after the colon is no id
            raise NotFound
        if answer.status != 200:
            raise Unavailable(f"the log of {topic} answered {answer.status}: {answer.body[:200]!r}")
        return answer.decode(LogPage)

    async def post_connect_token(self) -> ConnectToken:
        """For a connection on which posts go to messaging. Raises `NotFound` where it has none, or `Unavailable`."""
        answer = await self._clients["messaging"].ask("POST", PATH)
        if answer.status == 404:
            raise NotFound
        if answer.status != 200:
            raise Unavailable(f"messaging gives no connect token: {answer.status} {answer.body[:200]!r}")
        return answer.decode(ConnectToken)

    async def part(self, name: str, expected: type[T]) -> T:
        """What the service `name` says of this installation. Raises `Unavailable`."""
        answer = await self._clients[name].ask("GET", instance.PATH)
        if answer.status != 200:
            raise Unavailable(f"{name} says nothing of itself: {answer.status}")
        return answer.decode(expected)

    def readiness(self, name: str) -> Callable[[], Awaitable[None]]:
        """A check that a service says it is ready."""

        async def answers() -> None:
            timeout = aiohttp.ClientTimeout(total=READY_SECONDS_MAX)
            url = (self.urls | self.bots)[name]
            async with self._http.get(f"{url}/readyz", timeout=timeout) as response:
                if response.status != 200:
                    raise Unavailable(f"answers {response.status}")

        return answers

    async def openapi(self, name: str) -> dict[str, Any]:
        """A service's own OpenAPI document. Raises `Unavailable`."""
        timeout = aiohttp.ClientTimeout(total=DOCUMENT_SECONDS_MAX)
        try:
            async with self._http.get(f"{self.urls[name]}/openapi/openapi.json", timeout=timeout) as response:
                response.raise_for_status()
                return msgspec.json.decode(await response.read(), type=dict[str, Any])
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{name} gives no document: {error!r}") from None
