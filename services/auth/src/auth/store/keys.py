"""Signing keys, private halves encrypted."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.tokens import SigningKey
from auth.store.tables import signing_keys
from auth.store.vault import Vault

PURPOSE = "signing-keys"


async def published(transaction: AsyncConnection, vault: Vault, *, at: datetime) -> list[SigningKey]:
    """Those that sign, will sign, or signed something that is still valid; oldest first."""
    living = or_(signing_keys.c.ends_at.is_(None), signing_keys.c.ends_at > at)
    query = select(signing_keys).where(living).order_by(signing_keys.c.active_from)
    rows = (await transaction.execute(query)).mappings().all()
    return [
        SigningKey(
            id=row["id"],
            private_pem=vault.open(row["private_pem"], purpose=PURPOSE),
            active_from=row["active_from"],
            ends_at=row["ends_at"],
        )
        for row in rows
    ]


async def add(transaction: AsyncConnection, vault: Vault, key: SigningKey) -> None:
    row = msgspec.structs.asdict(key) | {"private_pem": vault.seal(key.private_pem, purpose=PURPOSE)}
    await transaction.execute(insert(signing_keys).values(row))


async def end_others(transaction: AsyncConnection, *, than: SigningKey, at: datetime) -> None:
    """All keys before `than` stop being published at `at`, unless they do so already."""
    older = update(signing_keys).where(signing_keys.c.id != than.id, signing_keys.c.ends_at.is_(None))
    await transaction.execute(older.values(ends_at=at))


async def forget(transaction: AsyncConnection, *, at: datetime) -> None:
    await transaction.execute(delete(signing_keys).where(signing_keys.c.ends_at < at))
