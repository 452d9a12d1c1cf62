"""media, messaging and auth as far as the bot asks them, answering as a test says."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from chassis.problems import body_of
from contracts.auth import ServiceTokenGiven
from contracts.ids import RecordingId, SpaceId, new_id
from contracts.media import (
    Choice,
    Consent,
    Note,
    Recording,
    RecordingDetail,
    RecordingPage,
    RecordingState,
)
from contracts.messaging import Space
from contracts.problems import NotFound, Problem, ProblemBody

Json = dict[str, Any]


class Call(msgspec.Struct, frozen=True):
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    params: dict[str, str]
    body: Json

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


class StandIn:
    """Keeps recordings in a dictionary; the same key has its effect once, as with media."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.recordings: dict[RecordingId, Recording] = {}
        self.linked: Space | None = None
        self.spaces: list[Space] = []
        self.refusal: ProblemBody | None = None
        """Every call of a person is refused with this."""
        self.status: int | None = None
        """Every call of a person is answered with this, and no body that anyone could read."""
        self.hangs = self.auth_hangs = False
        """Connections are accepted, and nobody ever answers."""
        self.open = asyncio.Event()
        """While it is not set, calls wait, and are counted in `waiting`; there were `most` at the same time."""
        self.open.set()
        self.waiting = self.most = 0
        self.at_first_call: Callable[[], None] = lambda: None
        self._by_key: dict[str, bytes] = {}
        self._never = asyncio.Event()
        app = web.Application()
        app.router.add_post("/api/v1/auth/service-tokens", self._token)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        self.url = ""

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self._never.set()
        self.open.set()
        await self._runner.cleanup()

    def refuse(self, problem: Problem) -> None:
        self.refusal = body_of(problem)

    def record(self, *, guild_id: int, channel_id: int, state: RecordingState = RecordingState.RECORDING) -> Recording:
        """A recording that is there already."""
        made = recording(guild_id=str(guild_id), voice_channel_id=str(channel_id), state=state)
        self.recordings[made.id] = made
        return made

    def made(self, method: str, path: str) -> list[Call]:
        """The calls to addresses that end like this."""
        return [call for call in self.calls if call.method == method and call.path.endswith(path)]

    async def _token(self, _: web.Request) -> web.Response:
        if self.auth_hangs:
            await self._never.wait()
        return _json(ServiceTokenGiven(access_token="service-token", expires_in=300))

    async def _answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body: Json = msgspec.json.decode(raw) if raw else {}
        call = Call(request.method, request.path, dict(request.headers), dict(request.query), body)
        if not self.calls:
            self.at_first_call()
        self.calls.append(call)
        if self.hangs:
            await self._never.wait()
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self.open.wait()
        self.waiting -= 1
        if self.status is not None:
            return web.Response(status=self.status, text="<html>")
        if self.refusal is not None:
            return _json(self.refusal, status=self.refusal.status)
        key = call.headers.get("Idempotency-Key")
        if key in self._by_key:
            return web.Response(body=self._by_key[key])
        answer = self._route(call)
        if isinstance(answer, Problem):
            refused = body_of(answer)
            return _json(refused, status=refused.status)
        encoded = msgspec.json.encode(answer)
        if key is not None:
            self._by_key[key] = encoded
        return web.Response(body=encoded)

    def _route(self, call: Call) -> Any:
        known: dict[str, Callable[[Call], Any]] = {
            "GET /internal/spaces": lambda _: self.linked or NotFound(),
            "GET /api/v1/spaces": lambda _: self.spaces,
            "POST /api/v1/recordings": self._start,
            "GET /api/v1/recordings": lambda _: RecordingPage(items=tuple(self.recordings.values())[::-1], seq=1),
        }
        if handler := known.get(f"{call.method} {call.path}"):
            return handler(call)
        noun, thing, *rest = call.path.removeprefix("/api/v1/").split("/")
        if noun == "spaces":
            return self._link(UUID(thing), call)
        found = self.recordings[RecordingId(UUID(thing))]
        return self._on(found, rest[0] if rest else "", call)

    def _start(self, call: Call) -> Recording:
        made = recording(state=RecordingState.REQUESTED, **call.body)
        self.recordings[made.id] = made
        return made

    def _link(self, space_id: UUID, call: Call) -> Space | Problem:
        space = next((each for each in self.spaces if each.id == space_id), None)
        if space is None:
            return NotFound()
        self.linked = msgspec.structs.replace(space, guild_id=call.body["guild_id"])
        return self.linked

    def _on(self, found: Recording, act: str, call: Call) -> Any:
        if act == "notes":
            return Note(id=new_id(), recording_id=found.id, at_ms=61_000, text=call.body["text"], created_at=NOW)
        if act == "consent":
            choice, discord_id = Choice(call.body["choice"]), call.headers["X-On-Behalf-Of-Discord"]
            return Consent(space_id=found.space_id, discord_id=discord_id, choice=choice, at=NOW)
        if act == "":
            return RecordingDetail(**msgspec.structs.asdict(found), manifest_url="/manifest")
        state = {"stop": RecordingState.FINISHING, "pause": RecordingState.PAUSED, "resume": RecordingState.RECORDING}
        self.recordings[found.id] = msgspec.structs.replace(found, state=state[act])
        return self.recordings[found.id]


NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def recording(**changes: Any) -> Recording:
    """One that runs, unless said otherwise."""
    given: dict[str, Any] = {
        "id": RecordingId(new_id()),
        "space_id": SpaceId(new_id()),
        "guild_id": "1",
        "voice_channel_id": "2",
        "state": RecordingState.RECORDING,
        "created_at": NOW,
    }
    return Recording(**given | changes)


def _json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
