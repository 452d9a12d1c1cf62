"""Authenticator apps, recovery codes, passkeys, and challenges that wait for their one answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.proofs import Factors, Passkey, Totp, challenge_hash
from auth.store.tables import challenges, passkeys, recovery_codes, totp
from auth.store.vault import Vault
from contracts.ids import UserId

PURPOSE: Final = "totp"


async def totp_of(transaction: AsyncConnection, vault: Vault, user_id: UserId) -> Totp | None:
    row = (await transaction.execute(select(totp).where(totp.c.user_id == user_id))).mappings().one_or_none()
    if row is None:
        return None
    secret = vault.open(row["secret"], purpose=PURPOSE).decode()
    return Totp(user_id=user_id, secret=secret, confirmed_at=row["confirmed_at"], last_step=row["last_step"])


async def factors_of(transaction: AsyncConnection, user_id: UserId) -> Factors:
    """How many of each there are."""

    def count(table: Table, *also: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(table).where(table.c.user_id == user_id, *also).scalar_subquery()

    query = select(count(totp, totp.c.confirmed_at.is_not(None)), count(recovery_codes), count(passkeys))
    apps, codes, keys = (await transaction.execute(query)).one()
    return Factors(totp=apps > 0, recovery_codes_left=codes, passkeys=keys)


async def save_totp(transaction: AsyncConnection, vault: Vault, new: Totp) -> None:
    row = msgspec.structs.asdict(new) | {"secret": vault.seal(new.secret.encode(), purpose=PURPOSE)}
    await transaction.execute(upsert(totp).values(row).on_conflict_do_update(index_elements=["user_id"], set_=row))


async def use_totp_step(transaction: AsyncConnection, user_id: UserId, *, step: int) -> bool:
    """False if the step's code, or a later one, was used by somebody else at the same moment."""
    using = update(totp).where(totp.c.user_id == user_id, totp.c.last_step < step).values(last_step=step)
    return (await transaction.execute(using)).rowcount == 1


async def remove_totp(transaction: AsyncConnection, user_id: UserId) -> None:
    await transaction.execute(delete(totp).where(totp.c.user_id == user_id))
    await transaction.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


async def replace_recovery_codes(transaction: AsyncConnection, user_id: UserId, hashes: Sequence[bytes]) -> None:
    await transaction.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await transaction.execute(insert(recovery_codes), [{"user_id": user_id, "hash": one} for one in hashes])


async def use_recovery_code(transaction: AsyncConnection, user_id: UserId, *, code_hash: bytes) -> int | None:
    """How many are left afterwards; None if there is no such code."""
    mine = recovery_codes.c.user_id == user_id
    using = delete(recovery_codes).where(mine, recovery_codes.c.hash == code_hash)
    if (await transaction.execute(using)).rowcount == 0:
        return None
    return await transaction.scalar(select(func.count()).select_from(recovery_codes).where(mine)) or 0


async def add_passkey(transaction: AsyncConnection, passkey: Passkey) -> bool:
    """False if the credential is known already."""
    adding = upsert(passkeys).values(msgspec.structs.asdict(passkey)).on_conflict_do_nothing()
    return (await transaction.execute(adding)).rowcount == 1


async def passkey_by_id(transaction: AsyncConnection, passkey_id: bytes) -> Passkey | None:
    found = await _passkeys(transaction, passkeys.c.id == passkey_id)
    return found[0] if found else None


async def passkeys_of(transaction: AsyncConnection, user_id: UserId) -> list[Passkey]:
    return await _passkeys(transaction, passkeys.c.user_id == user_id)


async def passkey_used(transaction: AsyncConnection, passkey: Passkey, *, sign_count: int, at: datetime) -> None:
    using = update(passkeys).where(passkeys.c.id == passkey.id)
    await transaction.execute(using.values(sign_count=sign_count, last_used_at=at))


async def remove_passkey(transaction: AsyncConnection, passkey: Passkey) -> None:
    await transaction.execute(delete(passkeys).where(passkeys.c.id == passkey.id))


async def remove_passkeys(transaction: AsyncConnection, user_id: UserId) -> None:
    await transaction.execute(delete(passkeys).where(passkeys.c.user_id == user_id))


async def add_challenge(
    transaction: AsyncConnection, text: str, *, purpose: str, data: bytes, expires_at: datetime
) -> None:
    row = {"hash": challenge_hash(text), "purpose": purpose, "data": data, "expires_at": expires_at}
    await transaction.execute(insert(challenges).values(row))


async def find_challenge(transaction: AsyncConnection, text: str, *, purpose: str, at: datetime) -> bytes | None:
    """What was put with it; it can still be taken."""
    finding = select(challenges.c.data).where(
        challenges.c.hash == challenge_hash(text), challenges.c.purpose == purpose, challenges.c.expires_at > at
    )
    return await transaction.scalar(finding)


async def take_challenge(transaction: AsyncConnection, text: str, *, purpose: str, at: datetime) -> bytes | None:
    """What was put with it; it is used up by this."""
    taking = delete(challenges).where(
        challenges.c.hash == challenge_hash(text), challenges.c.purpose == purpose, challenges.c.expires_at > at
    )
    return await transaction.scalar(taking.returning(challenges.c.data))


async def forget(transaction: AsyncConnection, *, before: datetime) -> None:
    await transaction.execute(delete(challenges).where(challenges.c.expires_at < before))


async def _passkeys(transaction: AsyncConnection, condition: Any) -> list[Passkey]:
    query = select(passkeys).where(condition).order_by(passkeys.c.created_at)
    return [Passkey(**row) for row in (await transaction.execute(query)).mappings()]
