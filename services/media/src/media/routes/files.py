"""What was recorded, as files: tracks, the zip of all, the manifest."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import problems
from chassis.answers import answers
from contracts.ids import RecordingId
from contracts.tokens import Jwk
from media.clients.objects import CONTENT_TYPE, Objects
from media.clients.signing import SigningKey
from media.domain import manifest, ranges
from media.domain.actors import Actor
from media.domain.manifest import SignedManifest
from media.domain.ranges import Span, Unsatisfiable
from media.usecases import describing, packing, playing

PRIVATE = "private, no-cache"
BYTES = ResponseSpec(
    bytes, generate_examples=False, description="The bytes that `Range` asks for", media_type=CONTENT_TYPE
)
UNCHANGED = ResponseSpec(None, generate_examples=False, description="`If-None-Match` names what is there")
NO_SUCH_BYTES = ResponseSpec(None, generate_examples=False, description="The file is shorter")


@get(
    "/api/v1/recordings/{recording_id:uuid}/tracks/{number:int}/audio",
    media_type=CONTENT_TYPE,
    responses=answers(403, 404) | {206: BYTES, 304: UNCHANGED, 416: NO_SUCH_BYTES},
)
async def play_track(
    recording_id: FromPath[RecordingId],
    number: FromPath[int],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    objects: NamedDependency[Objects],
) -> Response[Any]:
    """Ogg Opus. While it is being recorded: what is certain so far."""
    file = await playing.open_track(transaction, recording_id, number, actor=actor)
    headers = {"ETag": file.etag, "Accept-Ranges": "bytes", "Cache-Control": PRIVATE}
    if ranges.matches(request.headers.get("if-none-match"), file.etag):
        return Response(b"", status_code=304, headers=headers, media_type=CONTENT_TYPE)
    span: Span | None = None
    if request.headers.get("if-range", file.etag) == file.etag:
        try:
            span = ranges.wanted(request.headers.get("range"), size=file.size)
        except Unsatisfiable as refusal:
            body = msgspec.structs.replace(problems.body_of(refusal), status=416)
            headers["Content-Range"] = f"bytes */{file.size}"
            return Response(body, status_code=416, headers=headers, media_type=problems.MEDIA_TYPE)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.first}-{span.end - 1}/{file.size}"
    headers["Content-Length"] = str(file.size if span is None else span.end - span.first)
    content = await begun(playing.read(file, objects=objects, span=span))
    return Stream(content, status_code=200 if span is None else 206, headers=headers, media_type=CONTENT_TYPE)


@get("/api/v1/recordings/{recording_id:uuid}/zip", media_type="application/zip", responses=answers(403, 404))
async def download_zip(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    objects: NamedDependency[Objects],
    signing: NamedDependency[SigningKey],
) -> Stream:
    """Every track, the manifest and the notes."""
    parcel = await packing.pack(transaction, recording_id, actor=actor, key=signing)
    ascii_name = parcel.name.encode("ascii", "replace").decode().replace("?", "_")
    headers = {"Content-Disposition": f'attachment; filename="{ascii_name}.zip"', "Cache-Control": PRIVATE}
    content = await begun(packing.send(parcel, objects=objects))
    return Stream(content, headers=headers, media_type="application/zip")


@get("/api/v1/recordings/{recording_id:uuid}/manifest", responses=answers(403, 404) | {304: UNCHANGED})
async def show_manifest(
    recording_id: FromPath[RecordingId],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    signing: NamedDependency[SigningKey],
) -> Response[SignedManifest | None]:
    """What there is and what is missing, signed; final once the recording is ready."""
    made = await describing.describe(transaction, recording_id, actor=actor, key=signing)
    headers = {"ETag": manifest.etag(made), "Cache-Control": PRIVATE}
    if ranges.matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, status_code=304, headers=headers)
    return Response(made, headers=headers, media_type=MediaType.JSON)


@get("/api/v1/recordings/keys", responses=answers())
async def show_keys(signing: NamedDependency[SigningKey]) -> dict[str, list[Jwk]]:
    """The public half of the key that signs manifests, as a JWKS."""
    return {"keys": [signing.public]}


async def begun(content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, its first bytes already read: when the store is away the answer is a problem, not a broken file."""
    first = await anext(content, b"")

    async def whole() -> AsyncGenerator[bytes]:
        yield first
        async for chunk in content:
            yield chunk

    return whole()


router = Router("/", route_handlers=[play_track, download_zip, show_manifest, show_keys], tags=["recordings"])
