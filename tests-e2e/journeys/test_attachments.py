"""A file's way through the public door: uploaded, shown with a message to those who see the channel, gone with it."""

import asyncio
import hashlib
import io
import os
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import pytest

from contracts.media import Upload, UploadReserved, UploadState
from contracts.messaging import Message, Space
from testkit.client import AWAY, RETRY_SECONDS, Listener, Person, Refused
from testkit.runs import Run
from testkit.waiting import eventually, running

PNG = b"\x89PNG\r\n\x1a\n"


async def upload(http: aiohttp.ClientSession, person: Person, space: Space, content: bytes) -> str:
    """Reserve, send, complete: the id of what is ready then."""
    sha256 = hashlib.sha256(content).hexdigest()
    wanted = {"space_id": str(space.id), "filename": "cat.png", "size": len(content), "sha256": sha256}
    answer = await person.persist("POST", "/api/v1/uploads", wanted | {"content_type": "image/png"})
    reserved = msgspec.convert(answer, UploadReserved)
    assert reserved.url.startswith(person.base_url)
    form = aiohttp.FormData(reserved.fields)
    form.add_field("file", io.BytesIO(content), filename="blob")
    async with http.post(reserved.url, data=form) as sent:
        assert sent.status == 204, await sent.text()
    ready = msgspec.convert(await person.persist("POST", f"/api/v1/uploads/{reserved.id}/complete"), Upload)
    assert ready.state is UploadState.READY, ready.reason
    return str(ready.id)


async def show(person: Person, channel_id: str, *ids: str) -> Message:
    """A message of nothing but these."""
    draft = {"attachments": ids, "nonce": uuid4().hex}
    answer = await person.persist("POST", f"/api/v1/channels/{channel_id}/messages", draft)
    return msgspec.convert(answer, Message)


async def fetch(http: aiohttp.ClientSession, person: Person, upload_id: str, **headers: str) -> tuple[int, bytes]:
    """Asked again for as long as it cannot be said who may see it."""
    sent = {"authorization": f"Bearer {person.access_token}", **headers}
    while True:
        async with http.get(f"{person.base_url}/api/v1/files/{upload_id}", headers=sent) as got:
            if got.status not in AWAY:
                return got.status, await got.read()
        await asyncio.sleep(RETRY_SECONDS)


class TestAnAttachment:
    @pytest.fixture
    async def people(self, run: Run, http: aiohttp.ClientSession) -> list[Person]:
        return [await Person.register(http, run.url, name) for name in ("Ann", "Ben", "Eve")]

    async def test_is_seen_by_who_sees_the_message_for_as_long_as_it_stands(
        self, http: aiohttp.ClientSession, people: list[Person]
    ) -> None:
        ann, ben, eve = people
        space, general = await ann.make_space("Home")
        await ben.accept(await ann.invite(space))
        content = PNG + os.urandom(200_000)
        listener = Listener(ben, {f"channel:{general}": 0})

        async with running(listener.run()):
            await asyncio.wait_for(listener.watching.wait(), 20)
            upload_id = await upload(http, ann, space, content)
            before = await fetch(http, ben, upload_id)
            said = await show(ann, general, upload_id)
            await listener.until(lambda: "message_posted" in heard(listener))
            posted = listener.events[-1]["data"]

            assert posted["id"] == str(said.id)
            assert posted["attachments"] == [upload_id]
            assert before[0] == 404
            assert await fetch(http, ben, upload_id) == (200, content)
            assert await fetch(http, ben, upload_id, range="bytes=100-199") == (206, content[100:200])
            assert (await fetch(http, eve, upload_id))[0] == 404

            await ann.call("DELETE", f"/api/v1/channels/{general}/messages/{said.id}")
            await listener.until(lambda: "message_deleted" in heard(listener))

        async def gone() -> bool:
            return [(await fetch(http, one, upload_id))[0] for one in (ann, ben)] == [404, 404]

        await eventually(gone)

    async def test_is_as_private_as_its_channel(self, http: aiohttp.ClientSession, people: list[Person]) -> None:
        ann, ben, _ = people
        space, general = await ann.make_space("Home")
        await ben.accept(await ann.invite(space))
        wanted: dict[str, Any] = {"name": "board", "private": True}
        private = (await ann.call("POST", f"/api/v1/spaces/{space.id}/channels", wanted))["id"]
        upload_id = await upload(http, ann, space, PNG + os.urandom(1000))
        await show(ann, private, upload_id)

        hidden = await fetch(http, ben, upload_id)
        with pytest.raises(Refused) as stolen:
            await show(ben, general, upload_id)
        with pytest.raises(Refused) as spread:
            await show(ann, general, upload_id)
        await ann.call("PUT", f"/api/v1/channels/{private}/overrides/user:{ben.id}", {"allow": ["view"]})
        shown = await fetch(http, ben, upload_id)

        assert hidden[0] == 404
        assert [one.value.status for one in (stolen, spread)] == [400, 400]
        assert shown[0] == 200


def heard(listener: Listener) -> list[str]:
    return [event["type"] for event in listener.events]
