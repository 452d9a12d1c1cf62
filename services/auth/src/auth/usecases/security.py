"""Write down what happened to an account."""

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.security import Entry, Outcome
from auth.domain.visits import Visit
from contracts.ids import SessionId, UserId, new_id
from contracts.times import now


async def note(
    transaction: AsyncConnection,
    action: str,
    *,
    visit: Visit,
    user_id: UserId | None,
    outcome: Outcome = "done",
    actor: str = "user",
    session_id: SessionId | None = None,
    detail: str = "",
) -> None:
    """One line of the security log, in the transaction of what it tells."""
    entry = Entry(
        id=new_id(),
        at=now(),
        user_id=user_id,
        actor=actor,
        action=action,
        outcome=outcome,
        network=visit.network,
        device=visit.device,
        session_id=session_id,
        detail=detail,
    )
    await store.security.add(transaction, entry)
