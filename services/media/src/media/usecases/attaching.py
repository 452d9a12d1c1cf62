"""Uploads become part of messages: messaging asks before it posts."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.media import UploadsMissing, UploadState, UploadsWanted
from media.store import uploads
from media.store.uploads import Kept


async def attach(connection: AsyncConnection, wanted: UploadsWanted) -> UploadsMissing:
    """All of them, or none where some are missing. Repeated, it changes nothing."""
    fitting = {kept.upload.id for kept in await uploads.locked(connection, wanted.ids) if _fits(kept, wanted)}
    missing = tuple(upload_id for upload_id in wanted.ids if upload_id not in fitting)
    if not missing:
        await uploads.attach(connection, wanted.ids, channel_id=wanted.channel_id)
    return UploadsMissing(missing=missing)


def _fits(kept: Kept, wanted: UploadsWanted) -> bool:
    return (
        kept.upload.state is UploadState.READY
        and kept.user_id == wanted.user_id
        and kept.upload.space_id == wanted.space_id
        and kept.channel_id in {None, wanted.channel_id}
    )
