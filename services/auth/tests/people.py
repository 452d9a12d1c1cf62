"""Somebody with an HTTP client, as tests need them."""

from typing import Any

import msgspec
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient

from auth.settings import Settings
from testkit.clock import Clock

PASSWORD = "seven brown foxes"


class Tokens(msgspec.Struct, frozen=True):
    """What a login gave."""

    access_token: str
    refresh_token: str
    session_id: str
    user: dict[str, Any]


class Auth:
    """A running auth, and short words for what clients do with it."""

    def __init__(self, client: AsyncTestClient[Litestar], *, settings: Settings, clock: Clock) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Response:
        """`path` below /api/v1/auth, or from the root; header names with _ for -."""
        path = path if path.startswith(("/internal", "/.well-known", "/dev")) else f"/api/v1/auth{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["authorization"] = f"Bearer {token}"
        return await self.client.request(method, path, json=body, headers=sent)

    async def register(self, email: str = "ann@example.org", password: str = PASSWORD, name: str = "Ann") -> Response:
        return await self.ask("POST", "/register", {"email": email, "password": password, "display_name": name})

    async def try_login(self, email: str = "ann@example.org", password: str = PASSWORD, **more: Any) -> Response:
        headers = {key: more.pop(key) for key in list(more) if key.lower() != key or "_for" in key or key == "headers"}
        return await self.ask("POST", "/login", {"email": email, "password": password} | more, **headers)

    async def login(self, email: str = "ann@example.org", password: str = PASSWORD, **more: Any) -> Tokens:
        answer = await self.try_login(email, password, **more)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), Tokens)

    async def person(self, email: str = "ann@example.org", name: str = "Ann") -> Tokens:
        """Register and log in."""
        assert (await self.register(email, name=name)).status_code == 202
        return await self.login(email)
