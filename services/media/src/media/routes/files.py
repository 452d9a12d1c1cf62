"""What was recorded, as files: tracks, the zip of all, the manifest."""

from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.answers import answers
from contracts.ids import RecordingId
from contracts.tokens import Jwk
from media.clients.objects import CONTENT_TYPE, Objects
from media.clients.signing import SigningKey
from media.domain import manifest, ranges
from media.domain.actors import Actor
from media.domain.filenames import disposition
from media.domain.manifest import SignedManifest
from media.routes.serving import PRIVATE, UNCHANGED, begun, serve, served
from media.usecases import describing, packing, playing


@get(
    "/api/v1/recordings/{recording_id:uuid}/tracks/{number:int}/audio",
    media_type=CONTENT_TYPE,
    responses=answers(403, 404) | served(CONTENT_TYPE),
)
async def play_track(
    recording_id: FromPath[RecordingId],
    number: FromPath[int],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    objects: NamedDependency[Objects],
) -> Response[Any]:
    """Ogg Opus. While it is being recorded: what is certain so far."""
    async with engine.begin() as transaction:
        file = await playing.open_track(transaction, recording_id, number, actor=actor)
    return await serve(
        request,
        lambda span: playing.read(file, objects=objects, span=span),
        etag=file.etag,
        size=file.size,
        media_type=CONTENT_TYPE,
    )


@get("/api/v1/recordings/{recording_id:uuid}/zip", media_type="application/zip", responses=answers(403, 404))
async def download_zip(
    recording_id: FromPath[RecordingId],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    objects: NamedDependency[Objects],
    signing: NamedDependency[SigningKey],
) -> Stream:
    """Every track, the manifest and the notes."""
    async with engine.begin() as transaction:
        archive = await packing.pack(transaction, recording_id, actor=actor, key=signing)
    headers = {"Content-Disposition": disposition(f"{archive.name}.zip"), "Cache-Control": PRIVATE}
    content = await begun(packing.send(archive, objects=objects))
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


router = Router("/", route_handlers=[play_track, download_zip, show_manifest, show_keys], tags=["recordings"])
