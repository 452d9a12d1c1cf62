"""End sessions, and tell it: every service stops their tokens, every open socket closes."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.users import topic_of
from auth.usecases.tools import Tools
from contracts.auth import SessionRevoked
from contracts.ids import SessionId, UserId
from streams import outbox


async def end(
    transaction: AsyncConnection,
    *,
    tools: Tools,
    user_id: UserId | None = None,
    only: SessionId | None = None,
    but: SessionId | None = None,
) -> Sequence[SessionId]:
    """The open sessions of a user, of everybody when none is named; gives those that were ended."""
    at = tools.clock()
    ended = await store.sessions.end(transaction, user_id=user_id, only=only, but=but, at=at)
    if ended:
        told = [(topic_of(owner), SessionRevoked(user_id=owner, session_id=id_, at=at)) for id_, owner in ended]
        await outbox.tell_all(transaction, told)
    return [id_ for id_, _ in ended]
