"""Sessions: log in, refresh, log out, end."""

import os
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.identities import Identity
from auth.domain.proofs import Factors, PasskeyRefused, TotpNeeded
from auth.domain.refusals import RefreshTokenInvalid, RefreshTokenReused, WrongCredentials
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
from auth.domain.users import User
from auth.domain.visits import Visit
from auth.usecases import accounts, ending, proofs, security
from auth.usecases.proofs import SecondProof
from auth.usecases.tools import Actor, Tools
from contracts.ids import SessionId, new_id
from contracts.problems import NotFound, SessionEnded


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a session, and the pair of tokens that goes with it."""

    user: User
    session: Session
    identities: tuple[Identity, ...]
    factors: Factors
    access_token: str
    refresh_token: str


async def log_in(
    transaction: AsyncConnection,
    *,
    tools: Tools,
    visit: Visit,
    checked: User | None,
    right: bool,
    second: SecondProof,
    renewed: str | None = None,
) -> Entered:
    """Open a session for somebody whose password was checked, if whatever else the account asks for was given.

    `renewed`: the password hashed with today's parameters, if it was hashed with others.
    """
    # Checking took its time without a lock: what was checked must still be so.
    user = checked and await store.users.by_id(transaction, checked.id, lock=True)
    right = right and user is not None and checked is not None and user.password_hash == checked.password_hash

    async def refused(detail: str) -> None:
        whose = user.id if user else None
        await security.note(transaction, "session.opened", visit=visit, user_id=whose, outcome="refused", detail=detail)

    if not user or not right:
        await refused("password")
        raise WrongCredentials
    if tools.settings.require_verified_email and user.email_verified_at is None:
        # Said in no other way: whoever registers an address and then tries to log in would learn whether it was known.
        await refused("address not confirmed")
        raise WrongCredentials
    try:
        factor = await proofs.check_second(transaction, tools=tools, user=user, given=second)
    except WrongCredentials:
        await refused("second factor")
        raise
    except TotpNeeded:
        await refused("second factor asked for")
        raise
    if renewed is not None:
        user = await store.users.change(transaction, user.id, password_hash=renewed)
    return await enter(transaction, tools=tools, visit=visit, user=user, method=_method("password", factor))


async def step_up(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, right: bool, second: SecondProof
) -> Entered:
    """Prove again who one is: a new session takes the place of the old one (ASVS 7.2.4)."""
    user = await still(transaction, tools=tools, actor=actor)
    try:
        _require(right and user.password_hash == actor.user.password_hash)
        factor = await proofs.check_second(transaction, tools=tools, user=user, given=second)
    except (WrongCredentials, TotpNeeded):
        session_id = actor.session.id
        await security.note(
            transaction, "step_up.done", visit=visit, user_id=actor.user.id, session_id=session_id, outcome="refused"
        )
        raise
    return await _renew(
        transaction, tools=tools, visit=visit, actor=Actor(user, actor.session), method=_method("password", factor)
    )


async def step_up_by_passkey(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, proved: User
) -> Entered:
    """As `step_up`; the passkey must be the actor's own."""
    if proved.id != actor.user.id:
        raise PasskeyRefused
    await still(transaction, tools=tools, actor=actor)
    return await _renew(transaction, tools=tools, visit=visit, actor=Actor(proved, actor.session), method="passkey")


async def still(transaction: AsyncConnection, *, tools: Tools, actor: Actor) -> User:
    """The user as they are now, locked; raises `SessionEnded` if the actor's session was ended since it was looked at.

    Checking a password takes its time without a lock. Who ends sessions meanwhile means this one too, and would miss a
    new one that takes its place.
    """
    user = await store.users.by_id(transaction, actor.user.id, lock=True)
    session = await store.sessions.by_id(transaction, actor.session.id)
    if user is None or session is None or not session.open_at(tools.clock(), idle=tools.idle):
        raise SessionEnded
    return user


async def enter(transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User, method: str) -> Entered:
    """A new session. `method` says what was proved, for the log and the sessions page."""
    at = tools.clock()
    if user.delete_at is not None:
        user = await accounts.keep_account(transaction, tools=tools, visit=visit, user=user)
    user = await accounts.activate(transaction, user, tools=tools)
    await _make_room(transaction, tools=tools, visit=visit, user=user)
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
    return await _entered(transaction, tools, user, session, token)


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
        await ending.end(transaction, tools=tools, user_id=user.id, only=session.id)
        raise RefreshTokenReused
    elif verdict is Verdict.OVER:
        raise RefreshTokenInvalid
    return await _entered(transaction, tools, user, msgspec.structs.replace(session, rotated_at=given_at), successor)


async def log_out(transaction: AsyncConnection, *, tools: Tools, visit: Visit, session_id: SessionId) -> None:
    session = await store.sessions.by_id(transaction, session_id)
    if session and await ending.end(transaction, tools=tools, user_id=session.user_id, only=session.id):
        await security.note(transaction, "session.ended", visit=visit, user_id=session.user_id, session_id=session.id)


async def session_of_refresh_token(transaction: AsyncConnection, *, tools: Tools, text: str) -> Session:
    """The session that a refresh token belongs to; raises `RefreshTokenInvalid`."""
    presented = decode_refresh_token(text, key=tools.refresh_key)
    session = await store.sessions.by_id(transaction, presented.session_id)
    if session is None or not session.open_at(tools.clock(), idle=tools.idle):
        raise RefreshTokenInvalid
    return session


async def end_one(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, session_id: SessionId
) -> None:
    if not await ending.end(transaction, tools=tools, user_id=actor.user.id, only=session_id):
        raise NotFound
    await security.note(transaction, "session.ended", visit=visit, user_id=actor.user.id, session_id=session_id)


async def end_others(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    await still(transaction, tools=tools, actor=actor)
    ended = await ending.end(transaction, tools=tools, user_id=actor.user.id, but=actor.session.id)
    await ending.links_under_way(transaction, user_id=actor.user.id)
    detail = f"{len(ended)} others"
    await security.note(transaction, "session.ended", visit=visit, user_id=actor.user.id, detail=detail)


async def open_sessions(transaction: AsyncConnection, *, tools: Tools, actor: Actor) -> list[Session]:
    """The actor's own, newest first."""
    at = tools.clock()
    known = await store.sessions.of_user(transaction, actor.user.id)
    return [session for session in known if session.open_at(at, idle=tools.idle)]


async def actor_of(transaction: AsyncConnection, *, tools: Tools, session_id: SessionId) -> Actor | None:
    """Who acts in a session, if it is open."""
    session = await store.sessions.by_id(transaction, session_id)
    if session is None or not session.open_at(tools.clock(), idle=tools.idle):
        return None
    user = await store.users.by_id(transaction, session.user_id)
    return Actor(user, session) if user else None


async def _make_room(transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User) -> None:
    """Whoever has the password, or a script of the owner's, opens only so many; those that lay idle longest end."""
    for session_id in await store.sessions.idlest(transaction, user.id, but=tools.settings.sessions_per_user - 1):
        await ending.end(transaction, tools=tools, user_id=user.id, only=session_id)
        detail = f"more than {tools.settings.sessions_per_user}"
        await security.note(
            transaction, "session.ended", visit=visit, user_id=user.id, session_id=session_id, detail=detail
        )


async def _renew(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, method: str) -> Entered:
    """A new session in the place of the present one, which is `still` open."""
    await ending.end(transaction, tools=tools, user_id=actor.user.id, only=actor.session.id)
    return await enter(transaction, tools=tools, visit=visit, user=actor.user, method=method)


async def _entered(
    transaction: AsyncConnection, tools: Tools, user: User, session: Session, token: RefreshToken
) -> Entered:
    claims = user_claims(
        user_id=user.id,
        session_id=session.id,
        name=user.display_name,
        issued_at=session.rotated_at,
        seconds=tools.settings.access_seconds,
    )
    access_token = sign(claims, tools.ring.signing(session.rotated_at))
    return Entered(
        user=user,
        session=session,
        identities=tuple(await store.identities.of_user(transaction, tools.vault, user.id)),
        factors=await store.proofs.factors_of(transaction, user.id),
        access_token=access_token,
        refresh_token=token.encode(tools.refresh_key),
    )


def _method(first: str, second: str) -> str:
    return f"{first} and {second}" if second else first


def _require(right: bool) -> None:
    if not right:
        raise WrongCredentials
