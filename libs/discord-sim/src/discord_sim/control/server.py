"""The control API over HTTP, and the page that people watch."""

import inspect
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import msgspec
from aiohttp import web

from discord_sim.commands_typed import CannotType
from discord_sim.control import machinery, people
from discord_sim.control.actions import Action
from discord_sim.instance import Instance
from discord_sim.oauth import OAuthRefusal
from discord_sim.refusals import Refusal

ACTIONS = (*people.actions.all, *machinery.actions.all)


class Control:
    def __init__(self, sim: Instance) -> None:
        self.sim = sim

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.page), *(web.route(each.method, each.path, self._handler(each)) for each in ACTIONS)]

    async def page(self, request: web.Request) -> web.Response:
        del request
        text = files("discord_sim").joinpath("page.html").read_text()
        return web.Response(text=text, content_type="text/html")

    def _handler(self, action: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                given: dict[str, Any] = dict(request.query)
                if request.can_read_body:
                    given |= msgspec.json.decode(await request.read(), type=dict[str, Any])
                outcome = action.run(self.sim, **action.read(given))
                answer = await outcome if inspect.isawaitable(outcome) else outcome
            except Refusal as refusal:
                return web.json_response({"problem": refusal.message}, status=refusal.status)
            except (msgspec.MsgspecError, CannotType, OAuthRefusal, LookupError) as problem:
                return web.json_response({"problem": str(problem)}, status=400)
            return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

        return handle
