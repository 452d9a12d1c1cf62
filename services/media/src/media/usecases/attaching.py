"""Uploads become part of messages: messaging asks before it posts, and says so when it did not post."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.files import AttachedFile
from contracts.media import UploadsMissing, UploadState, UploadsWanted
from media.settings import Settings
from media.store import attachments, uploads
from media.store.uploads import Kept


async def attach(
    connection: AsyncConnection, wanted: UploadsWanted, *, at: datetime, settings: Settings
) -> UploadsMissing:
    """Hold all of them for a message that is about to be posted, or none where some are missing.

    The message's own event ties them to it; without one they are free again after `attaching_seconds`.
    """
    found = await uploads.locked(connection, wanted.ids)
    fitting = {kept.upload.id for kept in found if _fits(kept, wanted, at=at)}
    missing = tuple(upload_id for upload_id in wanted.ids if upload_id not in fitting)
    if not missing:
        await attachments.hold(
            connection,
            wanted.ids,
            channel_id=wanted.channel_id,
            until=at + timedelta(seconds=settings.attaching_seconds),
            due_at=at + timedelta(seconds=settings.unattached_seconds),
        )
    files = {kept.upload.id: _file(kept) for kept in found}
    return UploadsMissing(missing=missing, files=() if missing else tuple(files[one] for one in wanted.ids))


def _file(kept: Kept) -> AttachedFile:
    upload = kept.upload
    return AttachedFile(
        id=upload.id,
        filename=upload.filename,
        size=upload.size,
        content_type=upload.content_type,
        width=upload.width,
        height=upload.height,
    )


async def release(connection: AsyncConnection, wanted: UploadsWanted, *, at: datetime, settings: Settings) -> None:
    """The message was refused: what it alone wanted can be attached elsewhere, and is removed when it is not."""
    await uploads.locked(connection, wanted.ids)
    due_at = at + timedelta(seconds=settings.unattached_seconds)
    await attachments.release(
        connection, wanted.ids, channel_id=wanted.channel_id, user_id=wanted.user_id, due_at=due_at
    )


def _fits(kept: Kept, wanted: UploadsWanted, *, at: datetime) -> bool:
    return (
        kept.upload.state is UploadState.READY
        and kept.user_id == wanted.user_id
        and kept.upload.space_id == wanted.space_id
        and (kept.channel_id == wanted.channel_id or not kept.attached(at))
    )
