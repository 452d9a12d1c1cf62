"""Our side: auth, messaging and the gateway as `make run` starts them, and people who are members of one space."""

import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from bench.programs import Program
from bench.servers import Servers
from contracts.messaging import Space
from contracts.times import NEVER
from contracts.tokens import ACCESS_SECONDS_MAX
from embedded import ports
from launcher import credentials, environment
from testkit.client import Person

SERVICES: Final = ("auth", "messaging", "gateway")
PEOPLE: Final = 8
TOKENS_KEPT_SECONDS: Final = ACCESS_SECONDS_MAX / 2
"""No run lasts as long as the other half."""

# Thousands of sockets and posts come from a handful of people here: that is what these limits are there to refuse.
LIMITS: Final = {
    "GATEWAY_USER_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_NETWORK_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_SOCKETS_PER_USER_MAX": "20000",
    "AUTH_ACCESS_SECONDS": f"{ACCESS_SECONDS_MAX}",
}


class Ours(msgspec.Struct, kw_only=True):
    """Everything running, and people who may speak."""

    gateway: Program
    messaging: Program
    port: int
    people: list[Person]
    space: Space
    token_file: Path
    tokens_file: Path
    renewed_at: float = NEVER

    async def fresh_channel(self) -> str:
        """A channel nobody has spoken in, before a run that speaks there; gives its id."""
        path = f"/api/v1/spaces/{self.space.id}/channels"
        if time.monotonic() > self.renewed_at + TOKENS_KEPT_SECONDS:
            await self._renew(path)
        return (await self.people[0].call("POST", path, {"name": "bench"}))["id"]

    async def _renew(self, path: str) -> None:
        """Tokens for the load client, known already to all that verifies them, as the peer's are."""
        for person in self.people:
            await person.refresh()
            await person.call("GET", path)
        self.token_file.write_text(self.people[0].access_token)
        self.tokens_file.write_text("\n".join(person.access_token for person in self.people))
        self.renewed_at = time.monotonic()

    async def envelope_template(self, channel_id: str) -> str:
        """What messaging's relay would put in the stream for a post there, made from a post that it did accept."""
        body = {"content": "%T", "nonce": "%N"}
        message: dict[str, Any] = await self.people[0].call("POST", f"/api/v1/channels/{channel_id}/messages", body)
        envelope = {
            "id": message["id"],
            "type": "messaging.message_posted.v1",
            "topic": f"channel:{channel_id}",
            "seq": "%S",
            "at": message["created_at"],
            "data": message | {"seq": "%S"},
            "trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        }
        return msgspec.json.encode(envelope).decode().replace('"%S"', "%S")


@asynccontextmanager
async def running(servers: Servers, folder: Path) -> AsyncGenerator[Ours]:
    """Start the three services, register people, make a space."""
    numbers = dict(zip(SERVICES, ports.choose(len(SERVICES)), strict=True))
    environ = environment.compose(
        {"PATH": os.environ["PATH"], "AUTH_MAIL_FOLDER": str(folder / "mail"), **LIMITS},
        servers=["postgres", "valkey"],
        services=SERVICES,
        ports={**numbers, "postgres": servers.postgres.port, "valkey": servers.valkey.port},
        secrets=servers.secrets,
        jwks=credentials.ensure_keys(servers.secrets, SERVICES),
    )
    async with AsyncExitStack() as stack:
        programs: dict[str, Program] = {}
        for name in SERVICES:
            programs[name] = Program(name, [sys.executable, "-m", name, "serve"], environ, folder)
            stack.callback(programs[name].stop)
        for name in SERVICES:
            await programs[name].wait_until_ready(numbers[name], "/readyz")
        http = await stack.enter_async_context(aiohttp.ClientSession())
        people, space = await _people(http, f"http://127.0.0.1:{numbers['gateway']}")
        yield Ours(
            gateway=programs["gateway"],
            messaging=programs["messaging"],
            port=numbers["gateway"],
            people=people,
            space=space,
            token_file=folder / "token",
            tokens_file=folder / "tokens",
        )


async def _people(http: aiohttp.ClientSession, url: str) -> tuple[list[Person], Space]:
    people = [await Person.register(http, url, f"Person{number}") for number in range(PEOPLE)]
    space, _ = await people[0].make_space("Bench")
    code = await people[0].invite(space)
    for person in people[1:]:
        await person.accept(code)
    return people, space
