"""Who did what: the audit log of a space."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from messaging.domain.access import Permission
from messaging.domain.paging import Page, cursor_of
from messaging.store import audit
from messaging.store.audit import Entry
from messaging.usecases.entering import enter_space


async def list_audit(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, before: UUID | None, limit: int
) -> Page[Entry]:
    """Newest first."""
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.MANAGE_SPACE)
    items = await audit.page(connection, space_id, before=before, limit=limit + 1)
    more = cursor_of(items[limit - 1].id) if len(items) > limit else None
    return Page(items=items[:limit], next_cursor=more)
