"""Sessions: log in, refresh, log out, end."""

import os
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.refusals import EmailNotVerified, RefreshTokenInvalid, RefreshTokenReused, WrongCredentials
from auth.domain.sessions import (
    SECRET_BYTES,
    RefreshToken,
    Session,
    Verdict,
    decode_refresh_token,
    judge,
    rotated,
)
from auth.domain.tokens import sign, user_claims
from auth.domain.users import User, topic_of
from auth.domain.visits import Visit
from auth.usecases import accounts, security
from auth.usecases.tools import Actor, Tools
from contracts.auth import SessionRevoked
from contracts.ids import SessionId, UserId, new_id
from streams import outbox


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a session, and the pair of tokens that goes with it."""

    user: User
    session: Session
    access_token: str
    refresh_token: str


async def log_in(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User | None, right: bool
) -> Entered:
    """Open a session for somebody whose password was checked."""
    if user is None or not right:
        await security.note(
            transaction, "session.opened", visit=visit, user_id=user and user.id, outcome="refused", detail="password"
        )
        raise WrongCredentials
    if tools.settings.require_verified_email and user.email_verified_at is None:
        await security.note(
            transaction, "session.opened", visit=visit, user_id=user.id, outcome="refused", detail="e-mail not verified"
        )
        raise EmailNotVerified
    return await enter(transaction, tools=tools, visit=visit, user=user, method="password")


async def enter(transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User, method: str) -> Entered:
    """A new session. `method` says what was proved, for the log and the sessions page."""
    at = tools.clock()
    if user.activated_at is None:
        user = await accounts.activate(transaction, user, tools=tools)
    token = RefreshToken(SessionId(new_id()), os.urandom(SECRET_BYTES))
    session = Session(
        id=token.session_id,
        user_id=user.id,
        method=method,
        device=visit.device,
        network=visit.network,
        created_at=at,
        last_seen_at=at,
        confirmed_at=at,
        expires_at=at + timedelta(days=tools.settings.session_days_max),
        refresh_hash=token.hash,
        rotated_at=at,
    )
    await store.sessions.add(transaction, session)
    await security.note(
        transaction, "session.opened", visit=visit, user_id=user.id, session_id=session.id, detail=method
    )
    return _entered(tools, user, session, token)


async def refresh(transaction: AsyncConnection, *, tools: Tools, visit: Visit, text: str) -> Entered:
    """The next pair; the same pair again if asked again at once; the end of the session if a spent token comes back."""
    presented = decode_refresh_token(text, key=tools.refresh_key)
    session = await store.sessions.by_id(transaction, presented.session_id, lock=True)
    user = session and await store.users.by_id(transaction, session.user_id)
    if session is None or user is None:
        raise RefreshTokenInvalid
    at = tools.clock()
    verdict, given_at = judge(session, presented=presented.hash, at=at, repeat=tools.repeat, idle=tools.idle)
    successor = presented.successor(tools.refresh_key)
    if verdict is Verdict.CURRENT:
        session = rotated(session, successor=successor.hash, at=at, repeat=tools.repeat)
        await store.sessions.save(transaction, msgspec.structs.replace(session, network=visit.network))
    elif verdict is Verdict.REPLAYED:
        await security.note(
            transaction,
            "session.refreshed",
            visit=visit,
            user_id=user.id,
            session_id=session.id,
            outcome="refused",
            detail="a spent token came back",
        )
        await end(transaction, tools=tools, user_id=user.id, only=session.id)
        raise RefreshTokenReused
    elif verdict is Verdict.OVER:
        raise RefreshTokenInvalid
    return _entered(tools, user, msgspec.structs.replace(session, rotated_at=given_at), successor)


async def log_out(transaction: AsyncConnection, *, tools: Tools, visit: Visit, session: Session) -> None:
    if await end(transaction, tools=tools, user_id=session.user_id, only=session.id):
        await security.note(transaction, "session.ended", visit=visit, user_id=session.user_id, session_id=session.id)


async def session_of_refresh_token(transaction: AsyncConnection, *, tools: Tools, text: str) -> Session:
    """The session that a refresh token belongs to; raises `RefreshTokenInvalid`."""
    presented = decode_refresh_token(text, key=tools.refresh_key)
    session = await store.sessions.by_id(transaction, presented.session_id)
    if session is None or not session.open_at(tools.clock(), idle=tools.idle):
        raise RefreshTokenInvalid
    return session


async def end(
    transaction: AsyncConnection,
    *,
    tools: Tools,
    user_id: UserId | None = None,
    only: SessionId | None = None,
    but: SessionId | None = None,
) -> Sequence[SessionId]:
    """End open sessions (of everybody when no user is named) and tell it; gives those that were ended."""
    at = tools.clock()
    ended = await store.sessions.end(transaction, user_id=user_id, only=only, but=but, at=at)
    if ended:
        told = [(topic_of(owner), SessionRevoked(user_id=owner, session_id=id_, at=at)) for id_, owner in ended]
        await outbox.tell_all(transaction, told)
    return [id_ for id_, _ in ended]


async def actor_of(transaction: AsyncConnection, *, tools: Tools, session_id: SessionId) -> Actor | None:
    """Who acts in a session, if it is open."""
    session = await store.sessions.by_id(transaction, session_id)
    if session is None or not session.open_at(tools.clock(), idle=tools.idle):
        return None
    user = await store.users.by_id(transaction, session.user_id)
    return Actor(user, session) if user else None


def _entered(tools: Tools, user: User, session: Session, token: RefreshToken) -> Entered:
    claims = user_claims(
        user_id=user.id,
        session_id=session.id,
        name=user.display_name,
        issued_at=session.rotated_at,
        seconds=tools.settings.access_seconds,
    )
    access_token = sign(claims, tools.ring.signing(session.rotated_at))
    return Entered(user=user, session=session, access_token=access_token, refresh_token=token.encode(tools.refresh_key))
