"""What the instance's administrators may do. Passwords they can only have reset by mail, never set."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.refusals import AdminOnly, AdminThere
from auth.domain.security import Entry
from auth.domain.users import User, email_key
from auth.domain.visits import Visit
from auth.usecases import ending, mailing, proofs, security
from auth.usecases.tools import Actor, Tools
from contracts.ids import UserId
from contracts.problems import NotFound

HERE: Final = Visit(network="this machine", device="command line")


async def require_admin(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    """Raises `AdminOnly`, written down, or `StepUpNeeded`."""
    if not actor.user.is_admin:
        await security.note(
            transaction,
            "admin.entered",
            visit=visit,
            user_id=actor.user.id,
            session_id=actor.session.id,
            outcome="refused",
        )
        raise AdminOnly
    await proofs.require_fresh(transaction, tools=tools, visit=visit, actor=actor)


async def make_first_admin(transaction: AsyncConnection, *, email: str) -> User:
    """From the command line, once; later ones are appointed by an administrator."""
    if await store.users.any_admin(transaction):
        raise AdminThere
    user = await store.users.by_email(transaction, email_key(email))
    if user is None:
        raise NotFound(f"nobody is registered as {email}")
    await _appoint(transaction, user.id, is_admin=True, visit=HERE, by="operator")
    return user


async def find_users(transaction: AsyncConnection, *, text: str, limit: int) -> list[User]:
    return await store.users.search(transaction, text.strip().casefold(), limit=limit)


async def appoint(transaction: AsyncConnection, *, visit: Visit, actor: Actor, user_id: UserId, is_admin: bool) -> User:
    await _user(transaction, user_id)
    return await _appoint(transaction, user_id, is_admin=is_admin, visit=visit, by=f"admin:{actor.user.id}")


async def send_password_reset(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, user_id: UserId
) -> None:
    """The user gets the same mail as if they had asked for it."""
    user = await _user(transaction, user_id)
    await mailing.password_reset(transaction, tools=tools, user=user)
    by = f"admin:{actor.user.id}"
    await security.note(transaction, "password.reset_sent", visit=visit, user_id=user.id, actor=by)


async def end_sessions(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, user_id: UserId | None
) -> int:
    """Of one user, or of everybody else."""
    but = actor.session.id if user_id is None else None
    ended = await ending.end(transaction, tools=tools, user_id=user_id, but=but)
    by, detail = f"admin:{actor.user.id}", f"{len(ended)} sessions"
    await security.note(transaction, "session.ended", visit=visit, user_id=user_id, actor=by, detail=detail)
    return len(ended)


async def security_log(
    transaction: AsyncConnection, *, user_id: UserId | None, before: UUID | None, limit: int
) -> list[Entry]:
    return await store.security.page(transaction, user_id=user_id, before=before, limit=limit)


async def _appoint(transaction: AsyncConnection, user_id: UserId, *, is_admin: bool, visit: Visit, by: str) -> User:
    user = await store.users.change(transaction, user_id, is_admin=is_admin)
    action = "admin.appointed" if is_admin else "admin.dismissed"
    await security.note(transaction, action, visit=visit, user_id=user_id, actor=by)
    return user


async def _user(transaction: AsyncConnection, user_id: UserId) -> User:
    user = await store.users.by_id(transaction, user_id, lock=True)
    if user is None:
        raise NotFound
    return user
