"""One media for all recorders of a test run, and what people ask of it, as control-bot does."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from contracts.events import Envelope
from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import ConsentWanted, Recording, RecordingDetail, RecordingWanted
from contracts.messaging import SpaceUpdated
from contracts.times import now
from embedded import Server
from embedded.kinds import KindName
from streams import bus
from testkit import folders
from testkit.buckets import create_bucket
from testkit.recording.programs import Auth, Program
from testkit.recording.tcp_proxy import TcpProxy
from testkit.servers import store_of
from testkit.tokens import private_key
from voice import ogg

KINDS: tuple[KindName, ...] = ("postgres", "valkey", "seaweedfs")


class Environment:
    """Each test asks for recordings in a guild of its own. The servers belong to this environment alone, so no other
    test reads its events, and each may be stopped."""

    def __init__(self, auth: Auth, media: Program, *, servers: dict[KindName, Server], s3: TcpProxy) -> None:
        self.auth, self.media, self.servers, self.s3 = auth, media, servers, s3
        self.redis_url = servers["valkey"].url
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
        await bus.add(bus.DedicatedConnection(redis), "messaging.events", [envelope], marker="none")
        await redis.aclose()
        return space.id

    async def request(self, guild_id: str, channel_id: str) -> Recording:
        wanted = RecordingWanted(guild_id=guild_id, voice_channel_id=channel_id)
        async with asyncio.timeout(60):
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

    async def until(self, recording: Recording, *states: str, seconds: float = 60) -> RecordingDetail:
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


@asynccontextmanager
async def running_environment() -> AsyncGenerator[Environment]:
    """Servers, auth and media, running for the length of the block."""
    folder = folders.make()
    servers: dict[KindName, Server] = {kind: Server(kind, folder, fsync=False) for kind in KINDS}
    auth = Auth()
    try:
        for server in servers.values():
            server.begin()
        for server in servers.values():
            server.wait_until_ready(timeout=60)
        await auth.start()
        async with _media(auth, servers, folder) as environment:
            yield environment
    finally:
        await auth.stop()
        for server in servers.values():
            server.close()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _media(auth: Auth, servers: dict[KindName, Server], folder: Path) -> AsyncGenerator[Environment]:
    key = folder / "media.key.pem"
    key.write_text(private_key())
    bucket = create_bucket(store_of(servers["seaweedfs"]), "recordings")
    s3 = TcpProxy(bucket.s3_endpoint)
    await s3.start()
    environ = bucket.environ() | {
        "DATABASE_URL": servers["postgres"].url,
        "REDIS_URL": servers["valkey"].url,
        "S3_ENDPOINT": s3.url,
        "AUTH_URL": auth.url,
        "MEDIA_SERVICE_KEY_FILE": str(key),
        "MEDIA_LEASE_SECONDS": "4",
        "MEDIA_SWEEP_SECONDS": "0.5",
    }
    media = Program("media", environ, log=folder / "media.log")
    try:
        await media.start()
        environment = Environment(auth, media, servers=servers, s3=s3)
        yield environment
        await environment.close()
    finally:
        await media.kill()
        s3.close()
