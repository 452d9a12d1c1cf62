"""End what lets somebody in, and tell it: every service stops their tokens, every open socket closes."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.mails import Purpose
from auth.domain.users import topic_of
from auth.usecases.tools import Tools
from contracts.auth import IdentityUnlinked, SessionRevoked
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
        await outbox.publish_all(transaction, told)
    return [id_ for id_, _ in ended]


async def links_under_way(transaction: AsyncConnection, *, user_id: UserId) -> None:
    """Mailed links that would give the account to whoever reads them: somebody with a stolen session asks for such."""
    await store.mails.drop_tokens(transaction, user_id, Purpose.RESET_PASSWORD, Purpose.CONFIRM_EMAIL)


async def everything(transaction: AsyncConnection, *, tools: Tools, user_id: UserId) -> None:
    """All by which somebody got or gets in, but for the password: the account was made by who hadn't the mailbox."""
    at = tools.clock()
    await end(transaction, tools=tools, user_id=user_id)
    await links_under_way(transaction, user_id=user_id)
    await store.proofs.remove_totp(transaction, user_id)
    await store.proofs.remove_passkeys(transaction, user_id)
    for gone in await store.identities.of_user(transaction, tools.vault, user_id):
        await store.identities.remove(transaction, gone)
        event = IdentityUnlinked(user_id=user_id, provider=gone.provider, provider_user_id=gone.provider_user_id, at=at)
        await outbox.publish(transaction, topic_of(user_id), event)
