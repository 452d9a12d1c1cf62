"""Who did what: the audit log of a space."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import SpaceId, UserId
from messaging.domain.access import Permission
from messaging.domain.paging import Page, cursor_of
from messaging.store import audit, people
from messaging.store.audit import Entry
from messaging.usecases.entering import enter_space


class EntryPage(Page[Entry], frozen=True, kw_only=True, omit_defaults=True):
    """Entries, with the profiles of who acted and on whom."""

    items: list[Entry]
    people: dict[UserId, Profile]


async def list_audit(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, before: UUID | None, limit: int
) -> EntryPage:
    """Newest first."""
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.MANAGE_SPACE)
    items = await audit.page(connection, space_id, before=before, limit=limit + 1)
    more = cursor_of(items[limit - 1].id) if len(items) > limit else None
    shown = items[:limit]
    named = {one.actor_id for one in shown} | {UserId(one) for one in map(_id_in, shown) if one is not None}
    return EntryPage(items=shown, next_cursor=more, people=await people.find(connection, list(named)))


def _id_in(entry: Entry) -> UUID | None:
    """What was acted on, if it has an id: it may be a person."""
    try:
        return UUID(entry.target)
    except ValueError:
        return None
