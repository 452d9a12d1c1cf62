"""Uploads, and what they have used of their space's quota: what is reserved or ready counts, all else does not."""

from collections.abc import Collection, Hashable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import advisory_lock
from contracts.ids import ChannelId, SpaceId, UserId
from contracts.media import Upload, UploadState
from media.domain.pictures import Dimensions
from media.store.tables import attachments, quotas, uploads

COUNTED: Final = frozenset({UploadState.RESERVED, UploadState.READY})
SHOWN: Final = (
    exists().where(attachments.c.upload_id == uploads.c.id, attachments.c.deleted.is_(False)).correlate(uploads)
)
"""Whether a message shows the upload of the row."""
KEPT_BEFORE: Final = and_(uploads.c.channel_id.is_not(None), uploads.c.held_until.is_(None))
"""Attached before messages were counted: it stays until a message that shows it is deleted."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as media knows it. `etag` names the object that was checked, `channel_id` where it is attached;
    nothing is taken in its place after `expires_at`. A message that is about to show it holds it until then."""

    upload: Upload
    user_id: UserId
    sha256: str
    expires_at: datetime
    channel_id: ChannelId | None = None
    etag: str | None = None
    shown: bool = False
    holds: int = 0
    held_until: datetime | None = None
    due_at: datetime | None = None

    def attached(self, at: datetime) -> bool:
        """Whether a message shows it, or is about to."""
        if self.channel_id is None or self.held_until is None:
            return self.channel_id is not None
        return self.shown or (self.holds > 0 and self.held_until > at)

    @property
    def key(self) -> str:
        """Where its bytes lie."""
        return f"uploads/{self.upload.id}"


async def add(connection: AsyncConnection, kept: Kept, *, space_bytes_max: int, due_at: datetime) -> bool:
    """Whether there was room for it in its space."""
    upload = kept.upload
    if not await _take(connection, upload.space_id, upload.size, used_bytes_max=space_bytes_max):
        return False
    own = {"user_id": kept.user_id, "sha256": kept.sha256, "expires_at": kept.expires_at, "due_at": due_at, "holds": 0}
    await connection.execute(insert(uploads).values(msgspec.structs.asdict(upload) | own))
    return True


async def reserved_by(connection: AsyncConnection, space_id: SpaceId, user_id: UserId) -> tuple[int, int]:
    """How many files a person has reserved in a space and not completed, and of how many bytes. Until the transaction
    ends they reserve nothing else."""
    await advisory_lock(connection, f"media.reservations:{space_id}:{user_id}")
    query = select(func.count(), func.coalesce(func.sum(uploads.c.size), 0)).where(
        uploads.c.space_id == space_id, uploads.c.user_id == user_id, uploads.c.state == UploadState.RESERVED
    )
    count, size = (await connection.execute(query)).one()
    return count, int(size)


async def yield_reserved(connection: AsyncConnection, space_id: SpaceId, *, before: datetime, at: datetime) -> None:
    """What was reserved before, and never completed, makes room."""
    reserved = (uploads.c.state == UploadState.RESERVED, uploads.c.created_at < before)
    await end(connection, uploads.c.space_id == space_id, *reserved, at=at)


async def find(connection: AsyncConnection, upload_id: UUID, *, lock: bool = False) -> Kept | None:
    query = _selected().where(uploads.c.id == upload_id)
    row = (await connection.execute(query.with_for_update(of=uploads) if lock else query)).one_or_none()
    return None if row is None else _kept(row)


async def accept(
    connection: AsyncConnection,
    upload_id: UUID,
    *,
    content_type: str,
    dimensions: Dimensions | None,
    etag: str,
    due_at: datetime,
) -> None:
    """It is ready, and found to be of this type."""
    found = {"content_type": content_type, "etag": etag}
    if dimensions is not None:
        found |= msgspec.structs.asdict(dimensions)
    statement = update(uploads).where(uploads.c.id == upload_id)
    await connection.execute(statement.values(state=UploadState.READY, due_at=due_at, **found))


async def end(
    connection: AsyncConnection,
    *which: ColumnElement[bool],
    at: datetime,
    state: UploadState = UploadState.DELETED,
    reason: str | None = None,
) -> None:
    """Those that counted are over, and what they had used is given back; their objects are due to be removed."""
    statement = update(uploads).where(uploads.c.state.in_(COUNTED), *which)
    ended = statement.values(state=state, reason=reason, due_at=at).returning(uploads.c.space_id, uploads.c.size).cte()
    freed = select(ended.c.space_id, func.sum(ended.c.size).label("bytes")).group_by(ended.c.space_id).subquery()
    given_back = update(quotas).where(quotas.c.space_id == freed.c.space_id)
    await connection.execute(given_back.values(used_bytes=quotas.c.used_bytes - freed.c.bytes))


async def end_one(connection: AsyncConnection, upload_id: UUID, *, at: datetime) -> None:
    await end(connection, uploads.c.id == upload_id, at=at)


async def reject(connection: AsyncConnection, upload_id: UUID, *, at: datetime, reason: str) -> None:
    await end(connection, uploads.c.id == upload_id, at=at, state=UploadState.REJECTED, reason=reason)


async def end_all(connection: AsyncConnection, space_id: SpaceId, *, at: datetime) -> None:
    await end(connection, uploads.c.space_id == space_id, at=at)


async def locked(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Kept]:
    """Those that there are; nobody else changes them meanwhile."""
    query = _selected().where(uploads.c.id.in_(ids)).order_by(uploads.c.id).with_for_update(of=uploads)
    return [_kept(row) for row in await connection.execute(query)]


async def next_due(connection: AsyncConnection, *, at: datetime, resting: Collection[Hashable] = ()) -> UUID | None:
    """The one that has waited longest to be looked after, none of those that are `resting`."""
    query = select(uploads.c.id).where(uploads.c.due_at <= at, uploads.c.id.not_in(resting))
    return await connection.scalar(query.order_by(uploads.c.due_at).limit(1))


async def make_due(connection: AsyncConnection, upload_id: UUID, *, at: datetime | None) -> None:
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(due_at=at))


async def keep(connection: AsyncConnection, upload_id: UUID) -> None:
    """A message shows it of which no news came: it stays until a message that shows it is deleted."""
    statement = update(uploads).where(uploads.c.id == upload_id, uploads.c.state == UploadState.READY)
    await connection.execute(statement.values(holds=0, held_until=None, due_at=None))


async def remove(connection: AsyncConnection, upload_id: UUID) -> None:
    await connection.execute(delete(uploads).where(uploads.c.id == upload_id))


async def _take(connection: AsyncConnection, space_id: SpaceId, size: int, *, used_bytes_max: int) -> bool:
    """One statement, for which all who take of the same space wait in line."""
    if size > used_bytes_max or not used_bytes_max:
        return False
    used = quotas.c.used_bytes + size
    statement = insert(quotas).values(space_id=space_id, used_bytes=size)
    taken = statement.on_conflict_do_update(
        index_elements=["space_id"], set_={"used_bytes": used}, where=used <= used_bytes_max
    ).returning(quotas.c.space_id)
    return await connection.scalar(taken) is not None


def _selected() -> Select[*tuple[Any, ...]]:
    return select(uploads, SHOWN.label("shown"))


def _kept(row: Row[*tuple[Any, ...]]) -> Kept:
    upload = msgspec.convert(row, Upload, from_attributes=True)
    return Kept(
        upload=upload,
        user_id=row.user_id,
        sha256=row.sha256,
        expires_at=row.expires_at,
        channel_id=row.channel_id,
        etag=row.etag,
        shown=row.shown,
        holds=row.holds,
        held_until=row.held_until,
        due_at=row.due_at,
    )
