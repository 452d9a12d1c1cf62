"""Other services, as far as messaging asks them: media; and auth, which gives the token for that."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from contracts.auth import ServiceTokenGiven
from contracts.files import AttachedFile
from contracts.ids import ChannelId, SpaceId, UserId, new_id
from contracts.media import UploadsMissing, UploadsWanted

from .people import Person, Place

TOKEN = "messaging's own"
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Media:
    """Uploads are ready as soon as they are given."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        """What it answers; any other than 200 without a word."""
        self.asked: list[UploadsWanted] = []
        self.released: list[UploadsWanted] = []
        self.attached: dict[UUID, ChannelId] = {}
        self._ready: dict[UUID, tuple[SpaceId, UserId]] = {}

    def give(self, person: Person, place: Place) -> str:
        """An upload of theirs in this space."""
        upload_id = new_id()
        self._ready[upload_id] = msgspec.convert(place.id, SpaceId), person.id
        return str(upload_id)

    async def attach(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        if self.status != 200:
            return web.Response(status=self.status)
        wanted = msgspec.json.decode(await request.read(), type=UploadsWanted)
        self.asked.append(wanted)
        missing = tuple(one for one in wanted.ids if not self._may_attach(one, wanted))
        if not missing:
            self.attached |= dict.fromkeys(wanted.ids, wanted.channel_id)
        files = () if missing else tuple(a_file(one) for one in wanted.ids)
        return json(UploadsMissing(missing=missing, files=files))

    async def release(self, request: web.Request) -> web.Response:
        self.released.append(msgspec.json.decode(await request.read(), type=UploadsWanted))
        return web.Response(status=204)

    def _may_attach(self, upload_id: UUID, wanted: UploadsWanted) -> bool:
        is_theirs = self._ready.get(upload_id) == (wanted.space_id, wanted.user_id)
        return is_theirs and self.attached.get(upload_id, wanted.channel_id) == wanted.channel_id


def a_file(upload_id: UUID) -> AttachedFile:
    return AttachedFile(id=upload_id, filename='cat "1".png', size=70, content_type="image/png")


def json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def give_token(_: web.Request) -> web.Response:
    return json(ServiceTokenGiven(access_token=TOKEN, expires_in=300))


@asynccontextmanager
async def listening(answers: Mapping[str, Handler]) -> AsyncGenerator[str]:
    """The address of a service that gives tokens and answers `POST` to these paths."""
    app = web.Application()
    app.router.add_post("/api/v1/auth/service-tokens", give_token)
    for path, answer in answers.items():
        app.router.add_post(path, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def standing_in() -> AsyncGenerator[Media]:
    media = Media()
    answers = {"/internal/uploads/attach": media.attach, "/internal/uploads/release": media.release}
    async with listening(answers) as media.url:
        yield media
