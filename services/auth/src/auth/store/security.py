"""The security log."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.security import Entry
from auth.store.tables import security_log
from contracts.ids import UserId


async def add(transaction: AsyncConnection, entry: Entry) -> None:
    await transaction.execute(insert(security_log).values(msgspec.structs.asdict(entry)))


async def page(transaction: AsyncConnection, *, user_id: UserId | None, before: UUID | None, limit: int) -> list[Entry]:
    """Newest first; of one user, or of everybody."""
    query = select(security_log).order_by(security_log.c.id.desc()).limit(limit)
    if user_id is not None:
        query = query.where(security_log.c.user_id == user_id)
    if before is not None:
        query = query.where(security_log.c.id < before)
    return [Entry(**row) for row in (await transaction.execute(query)).mappings()]


async def forget(transaction: AsyncConnection, *, before: datetime) -> None:
    await transaction.execute(delete(security_log).where(security_log.c.at < before))
