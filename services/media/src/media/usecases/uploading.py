"""Uploads: a place reserved, the file that came there checked, and from then on served."""

import hashlib
import re
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.ids import UserId, new_id
from contracts.media import Upload, UploadReserved, UploadState, UploadWanted
from contracts.messaging import Role
from contracts.problems import FieldError, InvalidInput, NotFound, NotLinked, TooLarge
from media.clients.objects import Objects
from media.clients.services import Services
from media.domain import filenames, pictures, sniffing
from media.domain.actors import Actor, require
from media.domain.pictures import Dimensions
from media.domain.ranges import Span
from media.domain.refusals import ReservationsFull, SpaceFull, UploadAttached, UploadMissing
from media.settings import Settings
from media.store import uploads
from media.store.uploads import Kept
from media.usecases.entering import enter_space

DELETE_ROLE: Final = Role.MODERATOR
"""The least role that may delete what others have uploaded."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found where the file was to be uploaded: a type, or a reason to reject it."""

    content_type: str = sniffing.UNKNOWN
    dimensions: Dimensions | None = None
    etag: str = ""
    reason: str | None = None


async def reserve(
    connection: AsyncConnection,
    wanted: UploadWanted,
    *,
    actor: Actor,
    objects: Objects,
    at: datetime,
    settings: Settings,
) -> UploadReserved:
    """A place for the file, and a form that takes exactly its bytes. From now on it counts for the space's quota."""
    _check(wanted, settings=settings)
    user_id = _person(actor)
    await enter_space(connection, wanted.space_id, actor=actor)
    upload = Upload(
        id=new_id(),
        space_id=wanted.space_id,
        state=UploadState.RESERVED,
        filename=filenames.clean(wanted.filename, chars_max=settings.filename_chars_max),
        size=wanted.size,
        content_type=sniffing.plain(wanted.content_type),
        created_at=at,
    )
    good = timedelta(seconds=settings.reservation_seconds)
    kept = Kept(upload=upload, user_id=user_id, sha256=wanted.sha256, expires_at=at + good)
    await _limit_reservations(connection, kept, settings=settings)
    if not await _take_room(connection, kept, due_at=kept.expires_at + good, settings=settings):
        raise SpaceFull(f"At most {settings.space_upload_bytes_max} bytes")
    form = await objects.presign_form(
        kept.key,
        size=upload.size,
        sha256=wanted.sha256,
        content_type=upload.content_type,
        seconds=settings.reservation_seconds,
    )
    return UploadReserved(
        id=upload.id,
        state=upload.state,
        method="POST",
        url=form.url,
        fields=form.fields,
        expires_at=kept.expires_at,
    )


async def _limit_reservations(connection: AsyncConnection, wanted: Kept, *, settings: Settings) -> None:
    count, size = await uploads.reserved_by(connection, wanted.upload.space_id, wanted.user_id)
    too_many = count >= settings.reservations_per_person_max
    if too_many or size + wanted.upload.size > settings.reserved_bytes_per_person_max:
        raise ReservationsFull(retry_after_seconds=settings.reservation_yields_seconds)


async def _take_room(connection: AsyncConnection, wanted: Kept, *, due_at: datetime, settings: Settings) -> bool:
    """Where there is none, what others reserved long ago and never completed yields."""
    space_bytes_max = settings.space_upload_bytes_max
    if await uploads.add(connection, wanted, space_bytes_max=space_bytes_max, due_at=due_at):
        return True
    at = wanted.upload.created_at
    before = at - timedelta(seconds=settings.reservation_yields_seconds)
    await uploads.yield_reserved(connection, wanted.upload.space_id, before=before, at=at)
    return await uploads.add(connection, wanted, space_bytes_max=space_bytes_max, due_at=due_at)


async def authorize_complete(engine: AsyncEngine, upload_id: UUID, *, actor: Actor) -> None:
    """Raises `NotFound` for all but its uploader."""
    async with engine.begin() as connection:
        await _own(connection, upload_id, actor=actor)


async def complete(
    engine: AsyncEngine, upload_id: UUID, *, actor: Actor, objects: Objects, at: datetime, settings: Settings
) -> Upload:
    """Ready, or rejected and why; the same again when it is repeated. No transaction is open while bytes are read."""
    async with engine.begin() as connection:
        kept = await _own(connection, upload_id, actor=actor)
    if kept.upload.state is not UploadState.RESERVED:
        return kept.upload
    checked = await _inspect(kept, objects=objects, settings=settings)
    async with engine.begin() as connection:
        still = await uploads.find(connection, upload_id, lock=True)
        if still is not None and still.upload.state is UploadState.RESERVED:
            await _settle(connection, upload_id, checked, at=at, settings=settings)
        return (await _own(connection, upload_id, actor=actor)).upload


async def show(engine: AsyncEngine, upload_id: UUID, *, actor: Actor, services: Services) -> Kept:
    """For its uploader, while they are a member; once it is attached, for all who may view the channel. No transaction
    is open while messaging is asked. Raises `NotFound` for others, `Unavailable` when messaging does not say."""
    async with engine.begin() as connection:
        kept = await uploads.find(connection, upload_id)
        if kept is None or kept.upload.state is UploadState.DELETED or actor.user_id is None:
            raise NotFound
        if kept.user_id == actor.user_id:
            await enter_space(connection, kept.upload.space_id, actor=actor)
            return kept
    if kept.channel_id is None or not await services.may_view(kept.channel_id, actor.user_id):
        raise NotFound
    return kept


async def delete(connection: AsyncConnection, upload_id: UUID, *, actor: Actor, at: datetime) -> None:
    """By its uploader, or a moderator of its space. Raises `UploadAttached` for what a message shows."""
    kept = await uploads.find(connection, upload_id, lock=True)
    if kept is None or kept.upload.state is UploadState.DELETED:
        raise NotFound
    if kept.user_id != actor.user_id:
        require(await enter_space(connection, kept.upload.space_id, actor=actor), DELETE_ROLE)
    if kept.upload.state is UploadState.READY and kept.attached(at):
        raise UploadAttached
    await uploads.end_one(connection, upload_id, at=at)


async def read(kept: Kept, *, objects: Objects, span: Span | None = None) -> AsyncGenerator[bytes]:
    """The bytes that were checked, and no others: all of them, or those of a span."""
    whole = Span(0, kept.upload.size)
    async for part in objects.parts(kept.key, span or whole, etag=kept.etag or ""):
        yield part


async def _own(connection: AsyncConnection, upload_id: UUID, *, actor: Actor) -> Kept:
    kept = await uploads.find(connection, upload_id)
    if kept is None or kept.upload.state is UploadState.DELETED or kept.user_id != actor.user_id:
        raise NotFound
    await enter_space(connection, kept.upload.space_id, actor=actor)
    return kept


async def _inspect(kept: Kept, *, objects: Objects, settings: Settings) -> Checked:
    """Read it once, a part at a time. Raises `UploadMissing`."""
    lying = await objects.look(kept.key)
    if lying is None:
        raise UploadMissing
    if lying.size != kept.upload.size:
        return Checked(reason="size_differs")
    content, head = hashlib.sha256(), b""
    async for part in objects.parts(kept.key, Span(0, lying.size), etag=lying.etag):
        content.update(part)
        head = head or part
    if content.hexdigest() != kept.sha256:
        return Checked(reason="content_differs")
    content_type = sniffing.type_of(head[: sniffing.HEAD_BYTES], declared=kept.upload.content_type)
    if content_type is None:
        return Checked(reason="type_differs")
    dimensions = pictures.dimensions_of(head, content_type=content_type)
    if dimensions is not None and _are_too_large(dimensions, content_type, settings=settings):
        return Checked(reason="too_many_pixels")
    return Checked(content_type=content_type, dimensions=dimensions, etag=lying.etag)


def _are_too_large(dimensions: Dimensions, content_type: str, *, settings: Settings) -> bool:
    most = settings.jpeg_pixels_max if content_type == "image/jpeg" else settings.picture_pixels_max
    return dimensions.width * dimensions.height > most


async def _settle(
    connection: AsyncConnection, upload_id: UUID, checked: Checked, *, at: datetime, settings: Settings
) -> None:
    if checked.reason is not None:
        await uploads.reject(connection, upload_id, at=at, reason=checked.reason)
    else:
        due_at = at + timedelta(seconds=settings.unattached_seconds)
        await uploads.accept(
            connection,
            upload_id,
            content_type=checked.content_type,
            dimensions=checked.dimensions,
            etag=checked.etag,
            due_at=due_at,
        )


def _person(actor: Actor) -> UserId:
    if actor.user_id is None:
        raise NotLinked("Files belong to accounts: type /link in Discord, and log in")
    return actor.user_id


def _check(wanted: UploadWanted, *, settings: Settings) -> None:
    if wanted.size > settings.upload_bytes_max:
        raise TooLarge(f"At most {settings.upload_bytes_max} bytes; uploads in several parts are not offered yet")
    errors: list[FieldError] = []
    if wanted.size < 0:
        errors.append(FieldError("/size", "must be at least 0"))
    if _SHA256.fullmatch(wanted.sha256) is None:
        errors.append(FieldError("/sha256", "must be 64 hexadecimal digits in lower case"))
    if errors:
        raise InvalidInput(errors=errors)
