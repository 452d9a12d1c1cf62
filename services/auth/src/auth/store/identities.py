"""Outside accounts; the provider's tokens are encrypted."""

from typing import Final

import msgspec
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.identities import Identity
from auth.store.tables import identities
from auth.store.vault import Vault
from contracts.ids import UserId

PURPOSE: Final = "identity-tokens"


async def add(transaction: AsyncConnection, vault: Vault, identity: Identity) -> None:
    row = msgspec.structs.asdict(identity) | {"tokens": vault.seal(identity.tokens, purpose=PURPOSE)}
    await transaction.execute(insert(identities).values(row))


async def owner(transaction: AsyncConnection, provider: str, provider_user_id: str) -> UserId | None:
    query = select(identities.c.user_id).where(
        identities.c.provider == provider, identities.c.provider_user_id == provider_user_id
    )
    found = await transaction.scalar(query)
    return UserId(found) if found else None


async def renew(transaction: AsyncConnection, vault: Vault, identity: Identity) -> None:
    """What the provider says now."""
    sealed = vault.seal(identity.tokens, purpose=PURPOSE)
    renewing = update(identities).where(
        identities.c.provider == identity.provider, identities.c.provider_user_id == identity.provider_user_id
    )
    await transaction.execute(renewing.values(tokens=sealed, username=identity.username))


async def of_user(transaction: AsyncConnection, vault: Vault, user_id: UserId) -> list[Identity]:
    query = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.provider)
    rows = (await transaction.execute(query)).mappings()
    return [msgspec.structs.replace(one, tokens=vault.open(one.tokens, purpose=PURPOSE)) for one in map(_from, rows)]


async def remove(transaction: AsyncConnection, identity: Identity) -> None:
    await transaction.execute(
        delete(identities).where(
            identities.c.provider == identity.provider, identities.c.provider_user_id == identity.provider_user_id
        )
    )


def _from(row: RowMapping) -> Identity:
    return Identity(**row)
