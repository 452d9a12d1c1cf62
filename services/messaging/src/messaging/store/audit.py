"""The audit log: every administrative action, with what was before and after."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId, new_id
from messaging.store.tables import audit


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody did something to `target`; `before` and `after` are public values, None for what was not there."""

    id: UUID
    actor_id: UserId
    action: str
    target: str
    before: Any = None
    after: Any = None
    at: datetime


async def write(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    actor_id: UserId,
    action: str,
    target: object,
    before: object = None,
    after: object = None,
    at: datetime,
) -> None:
    await connection.execute(
        insert(audit).values(
            id=new_id(),
            space_id=space_id,
            actor_id=actor_id,
            action=action,
            target=str(target),
            before=msgspec.to_builtins(before),
            after=msgspec.to_builtins(after),
            at=at,
        )
    )


async def page(connection: AsyncConnection, space_id: SpaceId, *, before: UUID | None, limit: int) -> list[Entry]:
    """Newest first."""
    query = select(audit).where(audit.c.space_id == space_id).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        Entry(
            id=row.id,
            actor_id=row.actor_id,
            action=row.action,
            target=row.target,
            before=row.before,
            after=row.after,
            at=row.at,
        )
        for row in await connection.execute(query)
    ]
