"""Uploads as they are served: to whom, which bytes, and as what."""

import aiohttp
import httpx
import msgspec
import pytest

from contracts.ids import ChannelId, new_id
from media.clients.objects import Objects
from media.settings import Settings

from .files import PNG, File, a_png, put, reserve, upload
from .neighbours import Neighbours
from .people import Asking, Community, Json, Person


async def fetch(person: Asking, upload: Json, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await person.ask("GET", f"/api/v1/files/{upload['id']}", headers=sent)


class TestShowFile:
    async def test_gives_the_bytes_and_any_part_of_them(
        self, community: Community, http: aiohttp.ClientSession
    ) -> None:
        file = a_png(size=2_300_000)
        ready = await upload(community.ben, http, community.space_id, file)

        whole = await fetch(community.ben, ready)
        part = await fetch(community.ben, ready, range="bytes=1048570-1048600")
        last = await fetch(community.ben, ready, range="bytes=-5", if_range=whole.headers["etag"])
        beyond = await fetch(community.ben, ready, range="bytes=2300000-")
        again = await fetch(community.ben, ready, if_none_match=whole.headers["etag"])

        assert (whole.status_code, whole.content) == (200, file.content)
        assert whole.headers["cache-control"] == "private, max-age=86400, immutable"
        assert (part.status_code, part.content) == (206, file.content[1048570:1048601])
        assert part.headers["content-range"] == "bytes 1048570-1048600/2300000"
        assert (last.status_code, last.content) == (206, file.content[-5:])
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */2300000")
        assert (again.status_code, again.content) == (304, b"")

    async def test_of_a_harmless_type_is_shown_in_place(
        self, community: Community, http: aiohttp.ClientSession
    ) -> None:
        file = msgspec.structs.replace(a_png(), filename='Ä "cat".png')

        shown = await fetch(community.ben, await upload(community.ben, http, community.space_id, file))

        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in shown.headers["content-security-policy"]
        assert shown.headers["content-disposition"] == (
            "inline; filename=\"_ _cat_.png\"; filename*=UTF-8''%C3%84%20%22cat%22.png"
        )

    @pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "a/pdf", "", "x\r\nSet-Cookie: a"])
    async def test_of_any_other_type_is_saved(
        self, community: Community, http: aiohttp.ClientSession, content_type: str
    ) -> None:
        file = File(content=b"<svg onload=alert(1)>", filename="x.html", content_type=content_type)

        shown = await fetch(community.ben, await upload(community.ben, http, community.space_id, file))

        assert shown.headers["content-type"] == "application/octet-stream"
        assert shown.headers["content-disposition"].startswith("attachment; ")
        assert "set-cookie" not in shown.headers

    async def test_is_never_what_was_not_checked(
        self, community: Community, http: aiohttp.ClientSession, objects: Objects, settings: Settings
    ) -> None:
        file = a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        ready = await upload(community.ben, http, community.space_id, file)
        await put(objects, settings, reserved, file.content)
        await put(objects, settings, ready, PNG + b"something else, later")

        assert (await fetch(community.ben, reserved)).status_code == 404
        assert (await fetch(community.ben, ready)).status_code == 503


class TestWhoMayRead:
    async def test_is_who_uploaded_it_and_then_who_may_view_the_channel(
        self, home: Community, http: aiohttp.ClientSession, neighbours: Neighbours
    ) -> None:
        ready = await upload(home.ben, http, home.space_id, a_png())
        channel_id = ChannelId(new_id())
        neighbours.viewers[channel_id] = {home.ann.id}
        assert await self.seen_by(home, ready) == [home.ben]

        messaging = Asking(home.client, home.signer.service_token("messaging", audience="media"))
        wanted = {"space_id": home.space_id, "channel_id": channel_id, "user_id": home.ben.id, "ids": [ready["id"]]}
        assert (await messaging.do("POST", "/internal/uploads/attach", wanted))["missing"] == []

        assert await self.seen_by(home, ready) == [home.ann, home.ben]
        neighbours.away = True
        assert (await fetch(home.ann, ready)).status_code == 503

    async def seen_by(self, home: Community, ready: Json) -> list[Person]:
        """The file, and what is told of it, are for the same people."""
        seen: list[Person] = []
        for person in (home.ann, home.ben, home.eve):
            shown = await person.ask("GET", f"/api/v1/uploads/{ready['id']}")
            assert shown.status_code == (await fetch(person, ready)).status_code
            assert shown.status_code in {200, 404}
            if shown.status_code == 200:
                seen.append(person)
        return seen
