"""Discord in one process, with the control API beside it."""

from aiohttp import web

from discord_sim.control.server import Control
from discord_sim.instance import Instance


class Simulator(Instance):
    """`async with Simulator() as sim:` serves on a free port until the block ends."""

    def _more_routes(self) -> list[web.RouteDef]:
        return Control(self).routes()
