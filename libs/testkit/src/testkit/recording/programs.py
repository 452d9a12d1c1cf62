"""What the recorder stands beside: services as processes of their own, and somebody who signs tokens."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web
from jose import jwt

from contracts.auth import ServiceTokenAsked, ServiceTokenGiven
from embedded import ports
from testkit.tokens import Signer


class Auth:
    """Gives service tokens, and the keys to check them."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.url = ""
        self._runner = web.AppRunner(self._app(), access_log=None)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])

    async def stop(self) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        async def keys(_: web.Request) -> web.Response:
            return web.json_response({"keys": self.signer.jwks()})

        async def give(request: web.Request) -> web.Response:
            asked = msgspec.json.decode(await request.read(), type=ServiceTokenAsked)
            service = jwt.get_unverified_claims(asked.assertion)["sub"].removeprefix("service:")
            token = self.signer.service_token(service, audience=asked.audience)
            given = ServiceTokenGiven(access_token=token, expires_in=300)
            return web.Response(body=msgspec.json.encode(given), content_type="application/json")

        app = web.Application()
        app.add_routes([web.get("/.well-known/jwks.json", keys), web.post("/api/v1/auth/service-tokens", give)])
        return app


class Program:
    """`python -m <name> serve` as a process of its own."""

    def __init__(self, name: str, environ: dict[str, str], *, log: Path) -> None:
        self.name, self.log = name, log
        self.port = ports.choose(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        prefix = name.upper()
        self.environ = {"PATH": os.environ["PATH"], f"{prefix}_PORT": str(self.port), **environ}
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *, seconds: float = 120) -> None:
        """Back when it answers."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.name, "serve", env=self.environ, stdout=log, stderr=log
            )
        await self.answers("/livez", seconds=seconds)

    async def answers(self, path: str, *, status: int = 200, seconds: float = 60) -> bytes:
        """What it says there, once it says it with this status."""
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError):
                    async with http.get(self.url + path) as response:
                        if response.status == status:
                            return await response.read()
                if self.process is None or self.process.returncode is not None:
                    raise AssertionError(f"{self.name} has ended: {self.log.read_text()[-3000:]}")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()

    def log_lines(self) -> list[dict[str, object]]:
        """What it logged so far."""
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [json.loads(line) for line in lines]
