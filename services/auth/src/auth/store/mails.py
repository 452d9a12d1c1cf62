"""Mail to be sent, and the links that were mailed."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.mails import Asked, Mail, MailToken, Purpose, token_hash
from auth.store.tables import mail_tokens, mails
from auth.store.vault import Vault
from contracts.ids import UserId, new_id

PURPOSE: Final = "mails"


class _Order(msgspec.Struct, frozen=True):
    mail: Mail | None = None
    asked: Asked | None = None


class Due(msgspec.Struct, frozen=True):
    """A mail whose time has come."""

    id: UUID
    order: Mail | Asked
    failures: int


async def order(transaction: AsyncConnection, vault: Vault, what: Mail | Asked, *, at: datetime) -> None:
    """To be sent once this transaction is kept."""
    wrapped = _Order(mail=what) if isinstance(what, Mail) else _Order(asked=what)
    sealed = vault.seal(msgspec.msgpack.encode(wrapped), purpose=PURPOSE)
    await transaction.execute(insert(mails).values(id=new_id(), data=sealed, send_at=at, failures=0))


async def next_due(transaction: AsyncConnection, *, at: datetime, but: Collection[UUID]) -> UUID | None:
    """Which mail is due first and taken by nobody, those in `but` left out."""
    query = select(mails.c.id).where(mails.c.send_at <= at, mails.c.id.not_in(but))
    first = query.order_by(mails.c.send_at, mails.c.id).limit(1).with_for_update(skip_locked=True)
    return await transaction.scalar(first)


async def take(transaction: AsyncConnection, vault: Vault, mail_id: UUID, *, at: datetime) -> Due | None:
    """Locked until the transaction ends; None when another copy of auth has it or had it."""
    query = select(mails).where(mails.c.id == mail_id, mails.c.send_at <= at)
    row = (await transaction.execute(query.with_for_update(skip_locked=True))).mappings().one_or_none()
    if row is None:
        return None
    wrapped = msgspec.msgpack.decode(vault.open(row["data"], purpose=PURPOSE), type=_Order)
    order_ = wrapped.mail or wrapped.asked
    assert order_ is not None
    return Due(row["id"], order_, row["failures"])


async def claim(transaction: AsyncConnection, due: Due, *, until: datetime) -> None:
    """Nobody else takes it before `until`."""
    await transaction.execute(update(mails).where(mails.c.id == due.id).values(send_at=until))


async def sent(transaction: AsyncConnection, mail_id: UUID) -> None:
    await transaction.execute(delete(mails).where(mails.c.id == mail_id))


async def failed(transaction: AsyncConnection, due: Due, *, again_at: datetime) -> None:
    values = {"send_at": again_at, "failures": due.failures + 1}
    await transaction.execute(update(mails).where(mails.c.id == due.id).values(values))


async def add_token(transaction: AsyncConnection, vault: Vault, token: MailToken, *, text: str) -> None:
    row = {
        "hash": token_hash(text),
        "user_id": token.user_id,
        "purpose": token.purpose.value,
        "data": vault.seal(msgspec.msgpack.encode(token), purpose=PURPOSE),
        "expires_at": token.expires_at,
    }
    await transaction.execute(insert(mail_tokens).values(row))


async def owner_of_token(transaction: AsyncConnection, text: str) -> UserId | None:
    owner = await transaction.scalar(select(mail_tokens.c.user_id).where(mail_tokens.c.hash == token_hash(text)))
    return UserId(owner) if owner else None


async def has_token(transaction: AsyncConnection, user_id: UserId, *, purpose: Purpose, at: datetime) -> bool:
    """Whether a link of this kind still works."""
    mine = (mail_tokens.c.user_id == user_id, mail_tokens.c.purpose == purpose.value, mail_tokens.c.expires_at > at)
    return await transaction.scalar(select(mail_tokens.c.hash).where(*mine).limit(1)) is not None


async def take_token(
    transaction: AsyncConnection, vault: Vault, text: str, *, purpose: Purpose, at: datetime
) -> MailToken | None:
    """What the link stands for; it is used up by this."""
    taking = delete(mail_tokens).where(
        mail_tokens.c.hash == token_hash(text), mail_tokens.c.purpose == purpose.value, mail_tokens.c.expires_at > at
    )
    data = await transaction.scalar(taking.returning(mail_tokens.c.data))
    return msgspec.msgpack.decode(vault.open(data, purpose=PURPOSE), type=MailToken) if data else None


async def drop_tokens(transaction: AsyncConnection, user_id: UserId, *purposes: Purpose) -> None:
    """Earlier links of these kinds stop working."""
    mine = delete(mail_tokens).where(mail_tokens.c.user_id == user_id, mail_tokens.c.purpose.in_(purposes))
    await transaction.execute(mine)


async def forget(transaction: AsyncConnection, *, before: datetime) -> None:
    await transaction.execute(delete(mail_tokens).where(mail_tokens.c.expires_at < before))
