"""People."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.users import User
from auth.store.tables import users
from contracts.ids import UserId

COLUMNS = [users.c[field] for field in User.__struct_fields__]


async def add(transaction: AsyncConnection, user: User, *, email_key: str | None) -> bool:
    """False if the address has an account already."""
    row = msgspec.structs.asdict(user) | {"email_key": email_key}
    statement = insert(users).values(row).on_conflict_do_nothing(index_elements=["email_key"])
    return (await transaction.execute(statement)).rowcount == 1


async def by_email(transaction: AsyncConnection, email_key: str, *, lock: bool = False) -> User | None:
    return await _one(transaction, users.c.email_key == email_key, lock=lock)


async def by_id(transaction: AsyncConnection, user_id: UserId, *, lock: bool = False) -> User | None:
    return await _one(transaction, users.c.id == user_id, lock=lock)


async def change(transaction: AsyncConnection, user_id: UserId, **values: Any) -> User:
    """Set the named columns; gives the user as they are now."""
    statement = update(users).where(users.c.id == user_id).values(**values).returning(*COLUMNS)
    return from_row((await transaction.execute(statement)).mappings().one())


async def any_admin(transaction: AsyncConnection) -> bool:
    return await transaction.scalar(select(users.c.id).where(users.c.is_admin).limit(1)) is not None


async def search(transaction: AsyncConnection, text: str, *, limit: int) -> list[User]:
    """By the beginning of the address or the name; oldest first."""
    by_address = users.c.email_key.startswith(text, autoescape=True)
    by_name = users.c.display_name.istartswith(text, autoescape=True)
    rows = await transaction.execute(select(*COLUMNS).where(by_address | by_name).order_by(users.c.id).limit(limit))
    return [from_row(row) for row in rows.mappings()]


async def due_for_deletion(transaction: AsyncConnection, *, at: datetime) -> list[UserId]:
    rows = await transaction.scalars(select(users.c.id).where(users.c.delete_at <= at).with_for_update())
    return [UserId(row) for row in rows]


async def remove(transaction: AsyncConnection, user_id: UserId) -> None:
    """With all that is theirs; the security log and the log of events stay."""
    await transaction.execute(delete(users).where(users.c.id == user_id))


def from_row(row: RowMapping) -> User:
    return User(**{field: row[field] for field in User.__struct_fields__})


async def _one(transaction: AsyncConnection, condition: Any, *, lock: bool = False) -> User | None:
    query = select(*COLUMNS).where(condition)
    row = (await transaction.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return from_row(row) if row else None
