"""Which messages show which uploads. A message that was deleted leaves a tombstone: events may arrive in any order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, UserId
from contracts.media import UploadState
from media.store import uploads as store
from media.store.tables import attachments, uploads
from media.store.uploads import KEPT_BEFORE, SHOWN


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a channel, and the uploads that it shows, or showed before it was deleted."""

    message_id: MessageId
    channel_id: ChannelId
    uploads: tuple[UUID, ...]


async def hold(
    connection: AsyncConnection, ids: Sequence[UUID], *, channel_id: ChannelId, until: datetime, due_at: datetime
) -> None:
    """For one message that is about to show these uploads in this channel, until it has come, or until then. What no
    message shows is due to be removed at `due_at`."""
    held = {"channel_id": channel_id, "holds": uploads.c.holds + 1, "held_until": until}
    statement = update(uploads).where(uploads.c.id.in_(ids), ~KEPT_BEFORE)
    await connection.execute(statement.values(**held, due_at=func.greatest(uploads.c.due_at, due_at)))


async def release(
    connection: AsyncConnection, ids: Sequence[UUID], *, channel_id: ChannelId, user_id: UserId, due_at: datetime
) -> None:
    """The message was refused. What no other message shows or waits for is as it was before, and due to go then."""
    own = (uploads.c.id.in_(ids), uploads.c.user_id == user_id, uploads.c.channel_id == channel_id)
    await connection.execute(update(uploads).where(*own, uploads.c.holds > 0).values(holds=uploads.c.holds - 1))
    free = (uploads.c.holds == 0, uploads.c.state == UploadState.READY, ~SHOWN, ~KEPT_BEFORE)
    await connection.execute(update(uploads).where(*own, *free).values(channel_id=None, due_at=due_at))


async def show(connection: AsyncConnection, shown: Shown) -> None:
    """The message was posted: its uploads stay for as long as it shows them."""
    await _write(connection, shown, deleted=False)
    statement = update(uploads).where(uploads.c.id.in_(shown.uploads), uploads.c.state == UploadState.READY, SHOWN)
    channel_id = func.coalesce(uploads.c.channel_id, literal(shown.channel_id))
    await connection.execute(statement.values(channel_id=channel_id, due_at=None))


async def hide(connection: AsyncConnection, shown: Shown, *, at: datetime) -> None:
    """The message was deleted: what no other one shows is over."""
    await _write(connection, shown, deleted=True)
    which = (uploads.c.id.in_(shown.uploads), uploads.c.channel_id == shown.channel_id)
    await _end_unshown(connection, *which, at=at)


async def hide_channels(connection: AsyncConnection, channel_ids: Sequence[ChannelId], *, at: datetime) -> None:
    """These channels are gone, and with them every message."""
    await connection.execute(update(attachments).where(attachments.c.channel_id.in_(channel_ids)).values(deleted=True))
    await _end_unshown(connection, uploads.c.channel_id.in_(channel_ids), at=at, held=False)


async def _write(connection: AsyncConnection, shown: Shown, *, deleted: bool) -> None:
    """One row for each upload that there is. The first news of a message is what its hold waited for."""
    ids = sorted(shown.uploads)
    await connection.execute(select(uploads.c.id).where(uploads.c.id.in_(ids)).order_by(uploads.c.id).with_for_update())
    columns = ["upload_id", "message_id", "channel_id", "deleted"]
    values = select(uploads.c.id, literal(shown.message_id), literal(shown.channel_id), literal(deleted))
    adding = insert(attachments).from_select(columns, values.where(uploads.c.id.in_(ids))).on_conflict_do_nothing()
    added = list(await connection.scalars(adding.returning(attachments.c.upload_id)))
    if added:
        statement = update(uploads).where(uploads.c.id.in_(added))
        await connection.execute(statement.values(holds=func.greatest(uploads.c.holds - 1, 0)))
    if deleted:
        of_message = (attachments.c.message_id == shown.message_id, attachments.c.upload_id.in_(ids))
        await connection.execute(update(attachments).where(*of_message).values(deleted=True))


async def _end_unshown(
    connection: AsyncConnection, *which: ColumnElement[bool], at: datetime, held: bool = True
) -> None:
    """With `held`, what a message is about to show is looked at again when it has had its time."""
    waits = and_(uploads.c.holds > 0, uploads.c.held_until > at)
    if held:
        later = update(uploads).where(*which, uploads.c.state.in_(store.COUNTED), ~SHOWN, waits)
        await connection.execute(later.values(due_at=uploads.c.held_until))
        which = (*which, or_(uploads.c.holds == 0, uploads.c.held_until <= at))
    await store.end(connection, *which, ~SHOWN, at=at)
