"""Request bodies: JSON, or JSON with files beside it."""

from typing import Any

import msgspec
from aiohttp import BodyPartReader, web

from discord_sim.entities import Json
from discord_sim.fields import an_object, inner, many
from discord_sim.files import File, Files


async def read_body(request: web.Request, *, files: Files) -> Any:
    """The JSON, with what came as files in its `attachments`. What can't be read is None; the endpoint refuses it."""
    if not request.can_read_body:
        return None
    if request.content_type == "application/x-www-form-urlencoded":  # py-cord, where there are no files
        return _decode(str((await request.post()).get("payload_json", "")).encode())
    if request.content_type != "multipart/form-data":
        return _decode(await request.read())
    body: Any = {}
    kept: dict[str, Json] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read(decode=True))
        if part.name == "payload_json":
            body = _decode(content)
        elif part.name and part.name.startswith("files["):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            file = File(part.filename or "file", kind, content)
            number = part.name.removeprefix("files[").removesuffix("]")
            kept[number] = files.keep(file, origin=str(request.url.origin()))
    return _attach(body, kept)


def _attach(body: Any, kept: dict[str, Json]) -> Any:
    """`{"attachments": [{"id": 0, "description": …}]}` says more about `files[0]`; an answer has them in its data."""
    if not kept:
        return body
    message = inner(an_object(body), "data") or an_object(body)
    told = {str(each["id"]): each for each in many(message, "attachments")}
    older = [each for number, each in told.items() if number not in kept]
    message["attachments"] = older + [told.get(number, {}) | each for number, each in kept.items()]
    return body


def _decode(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None
