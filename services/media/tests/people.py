"""Who uses media: people, the bot that acts for them, and recorders."""

import hashlib
import itertools
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import IdentityLinked, Profile
from contracts.events import Envelope, Event
from contracts.ids import SpaceId, UserId, new_id
from contracts.media import (
    Anchor,
    Claimed,
    Finished,
    Heard,
    Joined,
    Orders,
    Report,
    SegmentReserved,
    SegmentWanted,
    Speaker,
    Stopped,
)
from contracts.messaging import MemberJoined, Role, SpaceUpdated
from contracts.times import now
from media.events import projection
from testkit.tokens import Signer
from voice import ogg

Json = dict[str, Any]

_snowflakes = itertools.count(10**17)
_seqs = itertools.count(1)
PACKET_BYTES = 60


def snowflake() -> str:
    return str(next(_snowflakes))


class Refused(Exception):
    """Any answer that is no success."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.request.url}: {response.status_code} {response.text}")
        self.status = response.status_code
        self.body: Json = response.json()
        self.code: str = self.body["code"]


class Asking:
    """Somebody with a token."""

    def __init__(self, client: httpx.AsyncClient, token: str, headers: dict[str, str] | None = None) -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {token}"} | (headers or {})

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **params: Any
    ) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        sent = self.headers | (headers or {})
        if body is not None:
            sent["content-type"] = "application/json"
        prefix = "" if path.startswith(("/internal", "/api")) else "/api/v1/recordings"
        return await self.client.request(method, prefix + path, content=content, headers=sent, params=params)

    async def do(self, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        """The decoded answer; raises `Refused`."""
        response = await self.ask(method, path, body, **rest)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None


class Person(Asking):
    """With an account, and perhaps a Discord account of theirs."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer, name: str) -> None:
        self.id = UserId(new_id())
        self.discord_id = snowflake()
        self.profile = Profile(id=self.id, display_name=name)
        super().__init__(client, signer.user_token(self.id, name=name))


class Community(msgspec.Struct, kw_only=True):
    """A space linked to a guild."""

    client: httpx.AsyncClient
    signer: Signer
    engine: AsyncEngine
    space_id: SpaceId
    guild_id: str
    ann: Person
    ben: Person
    eve: Person

    def bot(self, discord_id: str, **headers: str) -> Asking:
        """The control bot, on behalf of a Discord user."""
        token = self.signer.service_token("control-bot", audience="media")
        return Asking(self.client, token, {"x-on-behalf-of-discord": discord_id} | headers)

    def wanted(self, **rest: Any) -> Json:
        return {"guild_id": self.guild_id, "voice_channel_id": snowflake()} | rest

    async def request(self, **rest: Any) -> Json:
        return await self.ann.do("POST", "", self.wanted(**rest))

    async def show(self, recording: Json) -> Json:
        return await self.ann.do("GET", f"/{recording['id']}")

    async def told(self) -> list[str]:
        """The short types of what was told on the space's topic."""
        return [one[1] for one in await logged(self.engine, f"recordings:{self.space_id}")]


async def make_community(client: httpx.AsyncClient, engine: AsyncEngine, signer: Signer) -> Community:
    ann, ben, eve = (Person(client, signer, name) for name in ("Ann", "Ben", "Eve"))
    space_id, guild_id, at = SpaceId(new_id()), snowflake(), now()
    await hear(
        engine,
        SpaceUpdated(id=space_id, name="Home", guild_id=guild_id, created_at=at),
        MemberJoined(space_id=space_id, user=ann.profile, role=Role.MODERATOR, joined_at=at),
        MemberJoined(space_id=space_id, user=ben.profile, role=Role.MEMBER, joined_at=at),
        IdentityLinked(user_id=ann.id, provider="discord", provider_user_id=ann.discord_id, at=at),
    )
    return Community(
        client=client, signer=signer, engine=engine, space_id=space_id, guild_id=guild_id, ann=ann, ben=ben, eve=eve
    )


async def hear(engine: AsyncEngine, *events: Event) -> None:
    """As if they had come by the stream."""
    async with engine.begin() as connection:
        for event in events:
            data = msgspec.Raw(msgspec.json.encode(event))
            envelope = Envelope(id=new_id(), type=event.TYPE, topic="", seq=next(_seqs), at=now(), data=data)
            await projection.apply(connection, envelope, reader="media")


async def logged(engine: AsyncEngine, topic: str) -> list[tuple[int, str, Json]]:
    """What was told on a topic: seq, short type, data."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select seq, type, data from log where topic = :topic order by seq"), {"topic": topic}
        )
        return [(row.seq, row.type.split(".")[1], msgspec.json.decode(row.data)) for row in rows]


async def set_column(engine: AsyncEngine, recording: Json, **values: Any) -> None:
    """Make a recording look as if time had passed."""
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    async with engine.begin() as connection:
        await connection.execute(
            text(f"update recordings set {assignments} where id = :id"), {"id": UUID(recording["id"]), **values}
        )


async def lose(engine: AsyncEngine, recording: Json, *, seconds: float = 1801) -> None:
    """No recorder was heard of for so long."""
    then = now() - timedelta(seconds=seconds)
    await set_column(engine, recording, touched_at=then, lease_expires_at=then)


async def close_addresses(engine: AsyncEngine, recording: Json) -> None:
    """Nothing that was announced can be uploaded any more."""
    async with engine.begin() as connection:
        query = text("update segments set reserved_at = :at where recording_id = :id")
        values = {"at": now() - timedelta(seconds=301), "id": UUID(recording["id"])}
        await connection.execute(query, values)


class Segment(msgspec.Struct, frozen=True):
    """Bytes, and how they are announced."""

    wanted: SegmentWanted
    content: bytes
    packets: tuple[bytes, ...]


def make_segment(
    discord_id: str, *, first_ms: int = 0, seconds: int = 2, seed: int = 1, position: ogg.Position | None = None
) -> Segment:
    """So many seconds of packets that can be told apart, as a recorder's writer makes them."""
    source = random.Random(seed)
    packets = tuple(b"\xf8" + source.randbytes(PACKET_BYTES) for _ in range(seconds * 50))
    writer = ogg.Writer(position or ogg.Position(7, page=2, granule=first_ms * 48))
    for packet in packets:
        writer.write(packet)
    content = writer.cut()
    wanted = SegmentWanted(
        id=new_id(),
        discord_id=discord_id,
        first_sample=first_ms * 48,
        last_sample=first_ms * 48 + seconds * 48_000,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return Segment(wanted, content, packets)


class Recorder(Asking):
    """A recorder bot, which says what a real one says."""

    def __init__(
        self, client: httpx.AsyncClient, signer: Signer, http: aiohttp.ClientSession, holder: str = "recorder-1"
    ) -> None:
        super().__init__(client, signer.service_token("recorder-bot", audience="media"))
        self.http = http
        self.identity = snowflake()
        self.holder = holder
        self.lease_id: UUID | None = None

    async def claim(self, recording: Json) -> Claimed:
        body = {"identity": self.identity, "holder": self.holder}
        answer = await self.do("POST", f"/internal/recordings/{recording['id']}/claim", body)
        claimed = msgspec.convert(answer, Claimed)
        self.lease_id = claimed.lease_id
        return claimed

    async def report(self, recording: Json, report: Report) -> Orders:
        body = {"lease_id": self.lease_id, "report": report}
        return msgspec.convert(await self.do("POST", f"/internal/recordings/{recording['id']}/reports", body), Orders)

    async def begin(self, recording: Json, *, position_ms: int = 0, seconds_ago: float = 0) -> None:
        """Claim, join, announce."""
        await self.claim(recording)
        at = now() - timedelta(seconds=seconds_ago)
        await self.report(recording, Joined(anchor=Anchor(at=at, position_ms=position_ms)))

    async def hear(self, recording: Json, discord_id: str, name: str, ssrc: int = 1) -> Orders:
        return await self.report(recording, Heard(speaker=Speaker(discord_id=discord_id, name=name), ssrc=ssrc))

    async def reserve(self, recording: Json, segment: Segment) -> SegmentReserved:
        answer = await self.do("POST", f"/internal/recordings/{recording['id']}/segments", segment.wanted)
        return msgspec.convert(answer, SegmentReserved)

    async def put(self, reserved: SegmentReserved, content: bytes) -> int:
        """The store's answer."""
        assert reserved.url is not None
        async with self.http.put(reserved.url, data=content, headers=reserved.headers) as response:
            return response.status

    async def acknowledge(self, recording: Json, segment: Segment) -> Json:
        path = f"/internal/recordings/{recording['id']}/segments/{segment.wanted.id}/acknowledge"
        return await self.do("POST", path)

    async def deliver(self, recording: Json, *segments: Segment) -> None:
        """Reserve, upload, acknowledge."""
        for segment in segments:
            reserved = await self.reserve(recording, segment)
            assert await self.put(reserved, segment.content) == 200
            await self.acknowledge(recording, segment)

    async def finish(self, recording: Json, *, position_ms: int) -> None:
        await self.report(recording, Stopped(position_ms=position_ms))
        await self.report(recording, Finished())
