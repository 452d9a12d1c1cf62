"""Passwords: forgot, reset, change; always hashed before any lock is taken."""

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.mails import LinkInvalid, MailKind, Purpose
from auth.domain.refusals import WrongCredentials
from auth.domain.visits import Visit
from auth.usecases import accounts, ending, mailing, proofs, security, sessions
from auth.usecases.tools import Actor, Tools


async def reset(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, token: str, password: str, password_hash: str
) -> None:
    """By a mailed link: all sessions end, nobody is logged in, and second factors stay. Raises `LinkInvalid`."""
    link, user = await mailing.redeem(transaction, tools=tools, text=token, purpose=Purpose.RESET_PASSWORD)
    if user.email != link.email:
        raise LinkInvalid
    accounts.check_password(tools, password, about=[user.email or "", user.display_name])
    if user.email_verified_at is None:
        # Whoever made the account never had its mailbox; whoever reads this mail has.
        await ending.everything(transaction, tools=tools, user_id=user.id)
        user = await accounts.activate(transaction, user, tools=tools, email_verified_at=tools.clock())
    user = await store.users.change(transaction, user.id, password_hash=password_hash)
    await ending.end(transaction, tools=tools, user_id=user.id)
    await ending.links_under_way(transaction, user_id=user.id)
    await security.note(transaction, "password.reset", visit=visit, user_id=user.id)
    await mailing.tell(transaction, MailKind.PASSWORD_CHANGED, tools=tools, user=user, link="/forgot-password")


async def change(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, password_hash: str | None
) -> None:
    """Their other sessions end. `password_hash` is None when the current password that was given is wrong; who has none
    yet must have proved who they are just now.
    """
    before = await sessions.still(transaction, tools=tools, actor=actor)
    if before.password_hash is None:
        await proofs.require_fresh(transaction, tools=tools, visit=visit, actor=actor)
    if password_hash is None or before.password_hash != actor.user.password_hash:
        session_id = actor.session.id
        await security.note(
            transaction, "password.changed", visit=visit, user_id=before.id, session_id=session_id, outcome="refused"
        )
        raise WrongCredentials
    user = await store.users.change(transaction, actor.user.id, password_hash=password_hash)
    await ending.links_under_way(transaction, user_id=user.id)
    await ending.end(transaction, tools=tools, user_id=user.id, but=actor.session.id)
    await security.note(transaction, "password.changed", visit=visit, user_id=user.id, session_id=actor.session.id)
    await mailing.tell(transaction, MailKind.PASSWORD_CHANGED, tools=tools, user=user, link="/forgot-password")
