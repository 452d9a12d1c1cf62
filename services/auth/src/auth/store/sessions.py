"""Sessions."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.sessions import Session, Spent
from auth.store.tables import sessions
from contracts.ids import SessionId, UserId

COLUMNS = [sessions.c[field] for field in Session.__struct_fields__]
_SPENT = msgspec.msgpack.Decoder(tuple[Spent, ...])


async def add(transaction: AsyncConnection, session: Session) -> None:
    await transaction.execute(insert(sessions).values(_to_row(session)))


async def by_id(transaction: AsyncConnection, session_id: SessionId, *, lock: bool = False) -> Session | None:
    query = select(*COLUMNS).where(sessions.c.id == session_id)
    row = (await transaction.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return from_row(row) if row else None


async def save(transaction: AsyncConnection, session: Session) -> None:
    await transaction.execute(update(sessions).where(sessions.c.id == session.id).values(_to_row(session)))


async def of_user(transaction: AsyncConnection, user_id: UserId) -> list[Session]:
    """Those that were not ended, newest first; they may have run out meanwhile."""
    query = select(*COLUMNS).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
    return [from_row(row) for row in (await transaction.execute(query.order_by(sessions.c.id.desc()))).mappings()]


async def idlest(transaction: AsyncConnection, user_id: UserId, *, but: int) -> list[SessionId]:
    """Those that were not ended, without the `but` most recently used."""
    mine = select(sessions.c.id).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
    rows = await transaction.scalars(mine.order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc()).offset(but))
    return [SessionId(row) for row in rows]


async def end(
    transaction: AsyncConnection,
    *,
    user_id: UserId | None,
    only: SessionId | None,
    but: SessionId | None,
    at: datetime,
) -> list[tuple[SessionId, UserId]]:
    """End the open sessions that are meant; gives whose they were."""
    statement = update(sessions).where(sessions.c.ended_at.is_(None), sessions.c.expires_at > at).values(ended_at=at)
    if user_id is not None:
        statement = statement.where(sessions.c.user_id == user_id)
    if only is not None:
        statement = statement.where(sessions.c.id == only)
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    rows = await transaction.execute(statement.returning(sessions.c.id, sessions.c.user_id))
    return [(SessionId(row[0]), UserId(row[1])) for row in rows]


async def forget(transaction: AsyncConnection, *, ended_before: datetime) -> None:
    over = (sessions.c.ended_at < ended_before) | (sessions.c.expires_at < ended_before)
    await transaction.execute(delete(sessions).where(over))


def from_row(row: RowMapping) -> Session:
    values: dict[str, Any] = {field: row[field] for field in Session.__struct_fields__}
    values["spent"] = _SPENT.decode(row["spent"])
    return Session(**values)


def _to_row(session: Session) -> dict[str, Any]:
    return msgspec.structs.asdict(session) | {"spent": msgspec.msgpack.encode(session.spent)}
