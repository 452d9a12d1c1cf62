"""What people upload, and how it is served."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.answers import answers, repeated
from chassis.idempotency import Once
from contracts.media import Upload, UploadReserved, UploadState, UploadWanted
from contracts.problems import NotFound
from contracts.times import now
from media.clients.objects import Objects
from media.clients.services import Services
from media.domain.actors import Actor
from media.domain.filenames import disposition
from media.domain.sniffing import SHOWN
from media.routes.serving import FOR_EVER, serve, served
from media.settings import Settings
from media.usecases import uploading
from media.usecases.checking import Checks
from media.usecases.sweeping import Sweepers

ANY_TYPE: Final = "*/*"
ALLOWED: Final = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
HARMLESS: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": ALLOWED}
"""Whatever is in a file: shown as a page of its own, it is nobody's page and can do nothing."""


@post("/api/v1/uploads", responses=answers(400, 403, 404, 409, 413) | repeated(UploadReserved))
async def reserve_upload(
    data: JSONBody[UploadWanted],
    actor: NamedDependency[Actor],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    objects: NamedDependency[Objects],
    settings: NamedDependency[Settings],
) -> Response[UploadReserved]:
    """A place for a file. Send the form that is answered to its `url` with the file as last field `file`, then
    complete the upload."""
    return await once.answer(
        transaction,
        caller=actor.name,
        wanted=data,
        make=lambda: uploading.reserve(transaction, data, actor=actor, objects=objects, at=now(), settings=settings),
    )


@post("/api/v1/uploads/{upload_id:uuid}/complete", status_code=200, responses=answers(404, 409))
async def complete_upload(
    upload_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    objects: NamedDependency[Objects],
    settings: NamedDependency[Settings],
    checks: NamedDependency[Checks],
    sweepers: NamedDependency[Sweepers],
) -> Upload:
    """The file is where it was to be sent: it is checked, and from then on served, or else removed. While that takes
    longer than a request may, the answer is 503: ask again."""
    await uploading.authorize_complete(engine, upload_id, actor=actor)
    upload = await checks.result_of(
        upload_id,
        lambda: uploading.complete(engine, upload_id, actor=actor, objects=objects, at=now(), settings=settings),
    )
    if upload.state is UploadState.REJECTED:
        sweepers.wake()
    return upload


@get("/api/v1/uploads/{upload_id:uuid}", responses=answers(404))
async def show_upload(
    upload_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    services: NamedDependency[Services],
) -> Upload:
    """For who uploaded it; once it is attached, for all who may view the channel."""
    return (await uploading.show(engine, upload_id, actor=actor, services=services)).upload


@delete("/api/v1/uploads/{upload_id:uuid}", responses=answers(403, 404, 409))
async def delete_upload(
    upload_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    sweepers: NamedDependency[Sweepers],
) -> None:
    """By its uploader, or a moderator of the space: for good. What a message shows goes with the message."""
    async with engine.begin() as transaction:
        await uploading.delete(transaction, upload_id, actor=actor, at=now())
    sweepers.wake()


@get("/api/v1/files/{upload_id:uuid}", media_type=ANY_TYPE, responses=answers(404) | served(ANY_TYPE))
async def show_file(
    upload_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    engine: NamedDependency[AsyncEngine],
    services: NamedDependency[Services],
    objects: NamedDependency[Objects],
) -> Response[Any]:
    """The file of an upload that is ready, as the type that was found in it."""
    kept = await uploading.show(engine, upload_id, actor=actor, services=services)
    if kept.upload.state is not UploadState.READY:
        raise NotFound
    shown_as = disposition(kept.upload.filename, inline=kept.upload.content_type in SHOWN)
    return await serve(
        request,
        lambda span: uploading.read(kept, objects=objects, span=span),
        etag=f'"{kept.sha256}"',
        size=kept.upload.size,
        media_type=kept.upload.content_type,
        more=HARMLESS | {"Content-Disposition": shown_as, "Cache-Control": FOR_EVER},
    )


router = Router(
    "/",
    route_handlers=[reserve_upload, complete_upload, show_upload, delete_upload, show_file],
    tags=["uploads"],
)
