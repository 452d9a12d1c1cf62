"""Auth and messaging, as far as media asks them."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from chassis.problems import body_of
from contracts.auth import ActingAsked, Profile, ServiceTokenGiven
from contracts.events import LogPage
from contracts.ids import ChannelId, RecordingId, SpaceId, UserId, new_id
from contracts.messaging import Channel, Role
from contracts.problems import NotFound
from contracts.times import now


class Neighbours:
    """What they know is what a test has put here; `asked` are the paths."""

    def __init__(self) -> None:
        self.url = ""
        self.away = False
        self.answers = asyncio.Event()
        """Cleared: what they have to say is decided, and not said yet."""
        self.answers.set()
        self.asked: list[str] = []
        self.acting: list[ActingAsked] = []
        self.accounts: dict[str, UserId] = {}
        self.guilds: dict[str, SpaceId] = {}
        self.members: dict[SpaceId, dict[UserId, Role]] = {}
        self.channels: dict[RecordingId, Channel] = {}
        self.names: list[str] = []
        self.viewers: dict[ChannelId, set[UserId]] = {}
        app = web.Application(middlewares=[self._listen])
        app.router.add_post("/api/v1/auth/service-tokens", self._give_token)
        app.router.add_post("/internal/acting", self._act)
        app.router.add_get("/internal/people/{user}/spaces", self._list_spaces)
        app.router.add_get("/internal/spaces", self._find_space)
        app.router.add_get("/internal/log", self._read_log)
        app.router.add_put("/internal/spaces/{space}/recordings/{recording}/channel", self._provide_channel)
        app.router.add_get("/internal/channels/{channel}/people/{user}", self._may_view)
        self._runner = web.AppRunner(app)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _listen(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.away:
            return web.Response(status=503)
        if request.path.startswith("/internal"):
            assert request.headers["authorization"] == "Bearer media's own"
            self.asked.append(request.path)
        response = await handler(request)
        if request.path.startswith("/internal"):
            await self.answers.wait()
        return response

    async def _give_token(self, _: web.Request) -> web.Response:
        return _json(ServiceTokenGiven(access_token="media's own", expires_in=300))

    async def _act(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=ActingAsked)
        self.acting.append(asked)
        found = self.accounts.get(asked.provider_user_id)
        return _missing() if found is None else _json(Profile(id=found, display_name="Somebody"))

    async def _list_spaces(self, request: web.Request) -> web.Response:
        user = UserId(UUID(request.match_info["user"]))
        linked = {space: guild for guild, space in self.guilds.items()}
        return _json(
            [
                {"id": space, "name": "Home", "role": roles[user], "guild_id": linked.get(space), "created_at": now()}
                for space, roles in self.members.items()
                if user in roles
            ]
        )

    async def _find_space(self, request: web.Request) -> web.Response:
        guild = request.query["guild_id"]
        space = self.guilds.get(guild)
        return (
            _missing()
            if space is None
            else _json({"id": space, "name": "Home", "guild_id": guild, "created_at": now()})
        )

    async def _read_log(self, request: web.Request) -> web.Response:
        topic = request.query["topic"]
        space = SpaceId(UUID(topic.removeprefix("space:")))
        if space not in self.members:
            return _missing()
        return _json(LogPage(topic=topic, seq=1, audience=frozenset(self.members[space]), depends_on=topic))

    async def _may_view(self, request: web.Request) -> web.Response:
        channel, user = (UUID(request.match_info[name]) for name in ("channel", "user"))
        return web.Response(status=204) if user in self.viewers.get(ChannelId(channel), ()) else _missing()

    async def _provide_channel(self, request: web.Request) -> web.Response:
        recording, space = (UUID(request.match_info[name]) for name in ("recording", "space"))
        self.names.append(msgspec.json.decode(await request.read())["name"])
        made = Channel(id=ChannelId(new_id()), space_id=SpaceId(space), name=self.names[-1], created_at=now())
        return _json(self.channels.setdefault(RecordingId(recording), made))


def _json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def _missing() -> web.Response:
    return _json(body_of(NotFound()), status=404)
