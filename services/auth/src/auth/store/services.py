"""Assertions of services that were redeemed."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assertions import Assertion
from auth.domain.refusals import AssertionInvalid
from auth.store.tables import used_assertions


async def redeem(transaction: AsyncConnection, assertion: Assertion) -> None:
    """Raises `AssertionInvalid` if it was redeemed before."""
    row = {"id": f"{assertion.service}:{assertion.id}", "expires_at": assertion.expires_at}
    statement = insert(used_assertions).values(row).on_conflict_do_nothing()
    if (await transaction.execute(statement)).rowcount == 0:
        raise AssertionInvalid("This assertion was used before")


async def forget(transaction: AsyncConnection, *, before: datetime) -> None:
    await transaction.execute(delete(used_assertions).where(used_assertions.c.expires_at < before))
