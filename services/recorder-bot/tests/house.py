"""What stands around the recorder: the real media, S3 and Valkey, and somebody who signs tokens."""

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
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

from contracts.auth import ServiceTokenAsked, ServiceTokenGiven
from contracts.events import Envelope
from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import ConsentWanted, Recording, RecordingDetail, RecordingWanted
from contracts.messaging import SpaceUpdated
from contracts.times import now
from embedded import ports
from streams import bus
from testkit.tokens import Signer
from voice import ogg

from .cable import Cable

REPOSITORY = Path(__file__).parents[3]


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

    async def start(self, *, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.name, "serve", env=self.environ, stdout=log, stderr=log, cwd=REPOSITORY
            )
        if wait:
            await self.answers("/livez")

    async def answers(self, path: str, *, seconds: float = 20) -> bytes:
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError):
                    async with http.get(self.url + path) as response:
                        if response.status == 200:
                            return await response.read()
                assert self.process
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()


class House:
    """One media for all tests; each asks for recordings in a guild of its own, as control-bot does."""

    def __init__(self, auth: Auth, media: Program, *, redis_url: str, s3: Cable) -> None:
        self.auth, self.media, self.redis_url, self.s3 = auth, media, redis_url, s3
        self._http = aiohttp.ClientSession()
        self._spaces: dict[str, SpaceId] = {}

    async def close(self) -> None:
        await self._http.close()

    async def link(self, guild_id: str) -> SpaceId:
        """A space that is linked to the guild."""
        space = SpaceUpdated(id=SpaceId(new_id()), name="Space", guild_id=guild_id, created_at=now())
        topic = f"space:{space.id}"
        data = msgspec.Raw(msgspec.json.encode(space))
        envelope = Envelope(id=new_id(), type=SpaceUpdated.TYPE, topic=topic, seq=1, at=now(), data=data)
        redis = bus.connect(self.redis_url)
        await bus.add(redis, "messaging.events", [envelope], marker="none")
        await redis.aclose()
        return space.id

    async def request(self, guild_id: str, channel_id: str) -> Recording:
        wanted = RecordingWanted(guild_id=guild_id, voice_channel_id=channel_id)
        async with asyncio.timeout(10):
            while True:
                status, body = await self._ask("POST", "", guild_id, wanted)
                if status == 201:
                    return msgspec.json.decode(body, type=Recording)
                await asyncio.sleep(0.05)  # media has not heard of the space yet

    async def show(self, recording: Recording) -> RecordingDetail:
        _, body = await self._ask("GET", f"/{recording.id}", recording.guild_id)
        return msgspec.json.decode(body, type=RecordingDetail)

    async def order(self, recording: Recording, verb: str) -> None:
        status, body = await self._ask("POST", f"/{recording.id}/{verb}", recording.guild_id)
        assert status == 200, body

    async def choose(self, recording: Recording, discord_id: int, wanted: ConsentWanted) -> None:
        path = f"/{recording.id}/consent"
        status, body = await self._ask("PUT", path, recording.guild_id, wanted, discord_id=str(discord_id))
        assert status == 200, body

    async def manifest(self, recording: Recording) -> bytes:
        _, body = await self._ask("GET", f"/{recording.id}/manifest", recording.guild_id)
        return body

    async def track(self, recording_id: RecordingId, number: int, *, guild_id: str) -> bytes:
        status, body = await self._ask("GET", f"/{recording_id}/tracks/{number}/audio", guild_id)
        assert status == 200, body
        return body

    async def packets(self, recording: Recording) -> dict[str, list[bytes]]:
        """What was recorded, by speaker: the packets of each finished track, in order."""
        detail = await self.show(recording)
        found: dict[str, list[bytes]] = {}
        for track in detail.tracks:
            stream = await self.track(recording.id, track.number, guild_id=recording.guild_id)
            found[track.speaker.discord_id] = list(ogg.packets(stream))
        return found

    async def until(self, recording: Recording, *states: str, seconds: float = 20) -> RecordingDetail:
        async with asyncio.timeout(seconds):
            while True:
                detail = await self.show(recording)
                if detail.state.value in states:
                    return detail
                assert detail.state.value not in {"failed", "ready"}, detail
                await asyncio.sleep(0.05)

    async def _ask(
        self,
        method: str,
        path: str,
        guild_id: str,
        body: msgspec.Struct | None = None,
        *,
        discord_id: str = "1000000000000000001",
    ) -> tuple[int, bytes]:
        token = self.auth.signer.service_token("control-bot", audience="media")
        headers = {
            "authorization": f"Bearer {token}",
            "x-on-behalf-of-discord": discord_id,
            "x-discord-manages-guild": guild_id,
            "content-type": "application/json",
        }
        data = msgspec.json.encode(body) if body else None
        url = f"{self.media.url}/api/v1/recordings{path}"
        async with self._http.request(method, url, data=data, headers=headers) as response:
            return response.status, await response.read()


def write_key(path: Path) -> None:
    """A service's own key."""
    made = ec.generate_private_key(ec.SECP256R1())
    no_password = serialization.NoEncryption()
    path.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


def log_lines(log: Path) -> list[dict[str, object]]:
    lines = (line for line in log.read_text().splitlines() if line.startswith("{"))
    return [json.loads(line) for line in lines]
