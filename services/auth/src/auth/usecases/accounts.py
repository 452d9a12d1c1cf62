"""Accounts: register, show."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.users import User, checked_name, email_key, topic_of
from auth.domain.visits import Visit
from auth.usecases import security
from auth.usecases.tools import Tools
from contracts.auth import UserRegistered
from contracts.ids import UserId, new_id
from streams import outbox


async def register(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, email: str, password_hash: str, display_name: str
) -> None:
    """Make an account; an address that has one is not told apart by the answer."""
    at, key = tools.clock(), email_key(email)
    user = User(
        id=UserId(new_id()),
        email=email.strip(),
        display_name=checked_name(display_name),
        password_hash=password_hash,
        language=visit.language,
        created_at=at,
    )
    if await store.users.add(transaction, user, email_key=key):
        await security.note(transaction, "account.registered", visit=visit, user_id=user.id)
        if not tools.settings.require_verified_email:
            await activate(transaction, user, tools=tools)


async def activate(transaction: AsyncConnection, user: User, *, tools: Tools, **also: Any) -> User:
    """From now on the account may act; others hear of it."""
    at = tools.clock()
    if user.activated_at is None:
        also["activated_at"] = at
        await outbox.tell(transaction, topic_of(user.id), UserRegistered(user=user.profile, at=at))
    return await store.users.change(transaction, user.id, **also)
