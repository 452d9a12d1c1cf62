"""From a request to its answer: limits, faults, who is calling, the endpoint, the log of calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from discord_sim.changes import RestCalled
from discord_sim.entities import Application, Json
from discord_sim.faults import Faults, RestFault
from discord_sim.files import Files
from discord_sim.interactions import Interactions
from discord_sim.oauth import Grant, OAuth
from discord_sim.refusals import Refusal, invalid_body, not_found, unauthorized
from discord_sim.rest import answers, commands, guilds, identity, messages
from discord_sim.rest.bodies import read_body
from discord_sim.rest.limits import RateLimiter
from discord_sim.rest.routing import Auth, Call, Route
from discord_sim.world import World

PREFIX = "/api{version:(?:/v[0-9]+)?}"
ROUTES = (identity.routes, guilds.routes, messages.routes, commands.routes, answers.routes)


class Made(msgspec.Struct, kw_only=True):
    """One request that somebody made, and how it went."""

    method: str
    path: str
    """Without the prefix: `/channels/1/messages`."""
    body: Any
    bot_id: int | None
    at: float
    status: int = 0


class Rest:
    def __init__(
        self,
        world: World,
        *,
        interactions: Interactions,
        oauth: OAuth,
        limiter: RateLimiter,
        files: Files,
        faults: Faults,
        gateway_url: Callable[[], str],
    ) -> None:
        self.world = world
        self.interactions = interactions
        self.oauth = oauth
        self.limiter = limiter
        self.files = files
        self.faults = faults
        self.gateway_url = gateway_url
        self.calls: list[Made] = []

    def routes(self) -> list[web.RouteDef]:
        """Fixed paths before those with variables, so that `/users/@me` is not somebody's id."""
        every = sorted((route for group in ROUTES for route in group.all), key=lambda route: route.path.count("{"))
        api = [web.route(route.method, PREFIX + route.path, self._handler(route)) for route in every]
        return [*api, web.route("*", PREFIX + "/{rest:.*}", self._nothing_here)]

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answer(route, request)

        return handle

    async def _nothing_here(self, request: web.Request) -> web.StreamResponse:
        made = self._made(request, body=None)
        return self._reply(made, 404, not_found().body())

    async def _answer(self, route: Route, request: web.Request) -> web.StreamResponse:
        body = await read_body(request, files=self.files)
        made = self._made(request, body=body)
        fault = self.faults.meet(f"{made.method} {made.path}")
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.status and not fault.after:
            return self._fail(made, fault)
        path = {name: unquote(value) for name, value in request.match_info.items() if name != "version"}
        caller = request.headers.get("Authorization", "nobody")
        verdict = self.limiter.take(f"{route.method} {route.path}", path=path, caller=caller)
        if verdict.refused:
            return self._reply(made, 429, verdict.refused, headers=verdict.headers)
        try:
            bot, grant = self._who(request, auth=route.auth)
            made.bot_id = bot.id if bot else None
            call = Call(
                world=self.world,
                interactions=self.interactions,
                gateway_url=self.gateway_url(),
                path=path,
                query=dict(request.query),
                body=body,
                bot=bot,
                grant=grant,
            )
            answer = route.handler(call)
        except Refusal as refusal:
            return self._reply(made, refusal.status, refusal.body(), headers=verdict.headers)
        except (KeyError, TypeError, ValueError) as problem:
            wrong = invalid_body({"body": ("BASE_TYPE_INVALID", f"{type(problem).__name__}: {problem}")})
            return self._reply(made, wrong.status, wrong.body(), headers=verdict.headers)
        if fault and fault.status:
            return self._fail(made, fault)
        return self._reply(made, 204 if answer is None else route.status, answer, headers=verdict.headers)

    def _who(self, request: web.Request, *, auth: Auth) -> tuple[Application | None, Grant | None]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        bot = next((each for each in self.world.applications.values() if kind == "Bot" and each.token == token), None)
        grant = self.oauth.grant(token) if kind == "Bearer" else None
        allowed = {Auth.PATH: True, Auth.BOT: bot, Auth.BEARER: grant, Auth.ANY: bot or grant}[auth]
        if not allowed:
            raise unauthorized()
        return bot, grant

    def _made(self, request: web.Request, *, body: Any) -> Made:
        path = "/" + request.path.removeprefix("/api").removeprefix(request.match_info["version"]).lstrip("/")
        made = Made(method=request.method, path=path, body=body, bot_id=None, at=self.world.clock())
        self.calls.append(made)
        return made

    def _fail(self, made: Made, fault: RestFault) -> web.Response:
        status = fault.status or 500
        if status == 429:
            verdict = RateLimiter.refusal(fault.retry_after, scope="global" if fault.everywhere else "user")
            return self._reply(made, status, verdict.refused, headers=verdict.headers)
        return self._reply(made, status, {"message": f"{status}: as asked for", "code": 0})

    def _reply(
        self, made: Made, status: int, body: Json | list[Any] | None, *, headers: dict[str, str] | None = None
    ) -> web.Response:
        made.status = status
        self.world.announce(RestCalled(made.method, made.path, status))
        if body is None:
            return web.Response(status=status, headers=headers)
        return web.Response(
            status=status, headers=headers, body=msgspec.json.encode(body), content_type="application/json"
        )
