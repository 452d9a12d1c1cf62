"""Files that people upload, and how."""

import hashlib
import io
import os
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import Profile
from contracts.ids import ChannelId, MessageId, SpaceId, UserId, new_id
from contracts.messaging import MessageDeleted, MessagePosted
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from testkit.waiting import eventually

from .people import Asking, Community, Json, Refused, hear

PNG = b"\x89PNG\r\n\x1a\n"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes, and what is said of them."""

    content: bytes
    filename: str = "cat.png"
    content_type: str = "image/png"

    def wanted(self, space_id: Any, **values: Any) -> Json:
        said = {"space_id": str(space_id), "filename": self.filename, "content_type": self.content_type}
        sha256 = hashlib.sha256(self.content).hexdigest()
        return said | {"size": len(self.content), "sha256": sha256} | values


def a_png(*, size: int = 3000) -> File:
    """No two are the same."""
    return File(content=PNG + os.urandom(size - len(PNG)))


async def reserve(person: Asking, space_id: Any, file: File, **values: Any) -> Json:
    return await person.do("POST", "/api/v1/uploads", file.wanted(space_id, **values))


async def send(http: aiohttp.ClientSession, reserved: Json, content: bytes, **changed: Any) -> int:
    """The store's answer to the form, with some of its fields changed, or None: left out."""
    form = aiohttp.FormData()
    for name, value in (reserved["fields"] | changed).items():
        if value is not None:
            form.add_field(name, value)
    form.add_field("file", io.BytesIO(content), filename="blob")
    async with http.post(reserved["url"], data=form, allow_redirects=False) as response:
        return response.status


async def complete(person: Asking, reserved: Json) -> Json:
    return await person.do("POST", f"/api/v1/uploads/{reserved['id']}/complete")


async def upload(person: Asking, http: aiohttp.ClientSession, space_id: Any, file: File) -> Json:
    """Reserve, send, complete."""
    reserved = await reserve(person, space_id, file)
    assert await send(http, reserved, file.content) == 204
    return await complete(person, reserved)


async def put(objects: Objects, settings: Settings, upload: Json, content: bytes) -> None:
    """Past everything that guards the store."""
    untyped: Any = objects
    await untyped._client.put_object(Bucket=settings.s3_bucket, Key=f"uploads/{upload['id']}", Body=content)


async def refusal_of(asking: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.code


async def used_bytes(engine: AsyncEngine, space_id: SpaceId) -> int:
    async with engine.connect() as connection:
        query = text("select used_bytes from quotas where space_id = :space_id")
        return await connection.scalar(query, {"space_id": space_id}) or 0


async def let_time_pass(engine: AsyncEngine, reserved: Json, *, hours: float) -> None:
    """As if it had been reserved so long ago."""
    async with engine.begin() as connection:
        columns = ("expires_at", "due_at", "held_until")
        shift = "set " + ", ".join(f"{one} = {one} - cast(:by as interval)" for one in columns)
        values = {"by": timedelta(hours=hours), "id": UUID(reserved["id"])}
        await connection.execute(text(f"update uploads {shift} where id = :id"), values)


async def is_gone(objects: Objects, reserved: Json) -> None:
    async def is_absent() -> bool:
        return await objects.look(f"uploads/{reserved['id']}") is None

    await eventually(is_absent)


async def release(messaging: Asking, community: Community, channel_id: ChannelId, *uploads: Json) -> None:
    """The message of Ben's was refused."""
    wanted = {"space_id": community.space_id, "channel_id": channel_id, "user_id": community.ben.id}
    await messaging.do("POST", "/internal/uploads/release", wanted | {"ids": [one["id"] for one in uploads]})


async def attach(messaging: Asking, community: Community, channel_id: ChannelId, *uploads: Json) -> list[str]:
    """For a message of Ben's: what is missing."""
    return (await ask_to_attach(messaging, community, channel_id, *uploads))["missing"]


async def ask_to_attach(messaging: Asking, community: Community, channel_id: ChannelId, *uploads: Json) -> Json:
    wanted = {"space_id": community.space_id, "channel_id": channel_id, "user_id": community.ben.id}
    ids = [one["id"] for one in uploads]
    return await messaging.do("POST", "/internal/uploads/attach", wanted | {"ids": ids})


def message(channel_id: ChannelId, *uploads: Json) -> Json:
    """What the events of one message carry."""
    return {
        "id": MessageId(new_id()),
        "channel_id": channel_id,
        "seq": 1,
        "author": Profile(id=UserId(new_id()), display_name="Ben"),
        "content": "",
        "attachments": tuple(UUID(one["id"]) for one in uploads),
        "created_at": now(),
    }


def deleted_message(channel_id: ChannelId, *uploads: Json) -> MessageDeleted:
    return MessageDeleted(**message(channel_id, *uploads))


async def post(messaging: Asking, community: Community, channel_id: ChannelId, *uploads: Json) -> Json:
    """A message that shows these: as messaging attaches them, and tells of it."""
    assert await attach(messaging, community, channel_id, *uploads) == []
    posted = message(channel_id, *uploads)
    await hear(community.engine, MessagePosted(**posted))
    return posted


async def delete_message(engine: AsyncEngine, posted: Json) -> None:
    await hear(engine, MessageDeleted(**posted))
