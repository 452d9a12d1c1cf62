"""Files that people upload, and how."""

import hashlib
import io
import os
from typing import Any

import aiohttp
import msgspec

from media.clients.objects import Objects
from media.settings import Settings

from .people import Asking, Json

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
