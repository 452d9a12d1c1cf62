"""What was attached to messages, to be fetched again as from Discord's own file server."""

import msgspec
from aiohttp import web

from discord_sim.entities import Json
from discord_sim.snowflakes import Snowflakes


class File(msgspec.Struct, frozen=True):
    name: str
    content_type: str
    content: bytes


class Files:
    def __init__(self, snowflakes: Snowflakes) -> None:
        self._snowflakes = snowflakes
        self.by_id: dict[int, File] = {}

    def keep(self, file: File, *, origin: str) -> Json:
        """Store it; answers with the attachment as messages carry it."""
        file_id = self._snowflakes.new()
        self.by_id[file_id] = file
        url = f"{origin}/attachments/{file_id}/{file.name}"
        return {
            "id": str(file_id),
            "filename": file.name,
            "size": len(file.content),
            "url": url,
            "proxy_url": url,
            "content_type": file.content_type,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/attachments/{file}/{name}", self.send)]

    async def send(self, request: web.Request) -> web.Response:
        file_id = request.match_info["file"]
        file = self.by_id.get(int(file_id)) if file_id.isdecimal() else None
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, headers={"Content-Type": file.content_type})
