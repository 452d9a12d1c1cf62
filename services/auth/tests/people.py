"""Somebody with an HTTP client, as tests need them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from httpx import AsyncClient, Response
from sqlalchemy import text

from auth.app import create_tools, transactions
from auth.settings import Settings
from auth.store.vault import Vault
from auth.usecases import keeping
from chassis.database import connect
from testkit.clock import Clock

from .mailbox import Mailbox

ORIGIN = "https://home.example"
EMAIL = "ann@example.org"
PASSWORD = "seven brown foxes"
Proof = Mapping[str, str]
NO_PROOF: Proof = {}


class Tokens(msgspec.Struct, frozen=True):
    """What a login gave."""

    access_token: str
    refresh_token: str
    session_id: str
    user: dict[str, Any]
    device_token: str | None = None


class Auth:
    """A running auth, and short words for what clients do with it."""

    def __init__(self, client: AsyncClient, *, settings: Settings, clock: Clock, mailbox: Mailbox) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock
        self.mailbox = mailbox

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Response:
        """`path` below /api/v1/auth unless it begins with /internal or /.well-known; header names with _ for -."""
        path = path if path.startswith(("/internal", "/.well-known")) else f"/api/v1/auth{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["authorization"] = f"Bearer {token}"
        return await self.client.request(method, path, json=body, headers=sent)

    async def register(self, email: str = EMAIL, password: str = PASSWORD, name: str = "Ann") -> Response:
        return await self.ask("POST", "/register", {"email": email, "password": password, "display_name": name})

    async def try_login(
        self, email: str = EMAIL, password: str = PASSWORD, *, proof: Proof = NO_PROOF, **headers: str
    ) -> Response:
        return await self.ask("POST", "/login", {"email": email, "password": password, **proof}, **headers)

    async def login(
        self, email: str = EMAIL, password: str = PASSWORD, *, proof: Proof = NO_PROOF, **headers: str
    ) -> Tokens:
        answer = await self.try_login(email, password, proof=proof, **headers)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), Tokens)

    async def person(self, email: str = EMAIL, name: str = "Ann") -> Tokens:
        """Register, confirm the address, log in."""
        assert (await self.register(email, name=name)).status_code == 202
        token = await self.mailbox.link(email)
        assert (await self.ask("POST", "/verify-email", {"token": token})).status_code == 204
        return await self.login(email)

    async def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """What stands in the database."""
        engine = connect(self.settings.database_url, schema="auth", connections_max=1)
        try:
            async with engine.begin() as connection:
                return [dict(row) for row in (await connection.execute(text(query), parameters)).mappings()]
        finally:
            await engine.dispose()

    async def change_rows(self, *statements: str) -> None:
        """Change what stands in the database, behind auth's back."""
        engine = connect(self.settings.database_url, schema="auth", connections_max=1)
        try:
            async with engine.begin() as connection:
                for statement in statements:
                    await connection.execute(text(statement))
        finally:
            await engine.dispose()

    async def link_discord(self, user_id: str, discord_id: str) -> None:
        """As if the user had linked this Discord account."""
        tokens = "'\\x" + (await self._sealed(b"{}", purpose="identity-tokens")).hex() + "'"
        row = f"'discord', '{discord_id}', '{user_id}', 'name', {tokens}, now()"
        await self.change_rows(f"insert into identities values ({row})")

    async def _sealed(self, plain: bytes, *, purpose: str) -> bytes:
        return (await opened(self.settings)).seal(plain, purpose=purpose)

    async def private_pem(self, key_id: str) -> bytes:
        """A signing key, as somebody with the database and the master key reads it."""
        rows = await self.rows("select private_pem from signing_keys where id = :id", id=key_id)
        return (await opened(self.settings)).open(rows[0]["private_pem"], purpose="signing-keys")

    async def tidy(self) -> None:
        """What auth does by itself every minute."""
        engine = connect(self.settings.database_url, schema="auth", connections_max=1)
        begin, tools = transactions(engine), create_tools(self.settings, clock=self.clock)
        await keeping.prepare(begin, tools)
        await keeping.tidy(begin, tools)
        await tools.close()
        await engine.dispose()


async def opened(settings: Settings) -> Vault:
    """The vault as it is after a start with these settings."""
    vault = Vault(settings.master_key, before=settings.master_key_before)
    engine = connect(settings.database_url, schema="auth", connections_max=1)
    try:
        async with engine.begin() as connection:
            await vault.unlock(connection)
    finally:
        await engine.dispose()
    return vault
