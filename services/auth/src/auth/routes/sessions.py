"""Log in, refresh, log out, prove again; the list of sessions and their end."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.refusals import RefreshTokenInvalid
from auth.domain.sessions import Session
from auth.domain.users import email_key
from auth.domain.visits import Visit
from auth.routes import cookies
from auth.routes.answers import LoggedIn, logged_in, refusals, without_body
from auth.routes.limits import admit, forgive
from auth.usecases import attempts, sessions
from auth.usecases.proofs import SecondProof
from auth.usecases.tools import Actor, Begin, Tools
from chassis.tokens import Verifier, bearer_of
from contracts.ids import SessionId

AnyRequest = Request[Any, Any, Any]


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password, and a second proof where the account asks for one."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    totp: Annotated[str, Meta(max_length=20)] | None = None
    recovery_code: Annotated[str, Meta(max_length=60)] | None = None


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As at login, by somebody who is logged in."""

    password: Annotated[str, Meta(max_length=1024)]
    totp: Annotated[str, Meta(max_length=20)] | None = None
    recovery_code: Annotated[str, Meta(max_length=60)] | None = None


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Browsers send no body: their cookie has the token."""

    refresh_token: Annotated[str, Meta(max_length=200)]


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the user is logged in; `method` by what ("password and totp"), `current`: it is this one."""

    id: SessionId
    device: str
    network: str
    method: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


@post("/login", status_code=200, responses=refusals(401, 403))
async def log_in(
    request: AnyRequest,
    data: JSONBody[Login],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Response[LoggedIn]:
    if visit.web:
        cookies.require_own_origin(request, tools.settings)
    key = email_key(data.email)
    buckets = attempts.of_login(tools, visit=visit, email_key=key)
    await admit(request, tools, buckets)
    async with begin() as transaction:
        user = await store.users.by_email(transaction, key)
    # Hashing takes long: no connection is held meanwhile.
    right = await tools.hasher.verify(user.password_hash if user else None, data.password)
    renewed = await tools.hasher.renewed(user.password_hash if user else None, data.password) if right else None
    second = SecondProof(totp=data.totp, recovery_code=data.recovery_code)
    async with begin() as transaction:
        entered = await sessions.log_in(
            transaction, tools=tools, visit=visit, checked=user, right=right, second=second, renewed=renewed
        )
    await forgive(request, tools, buckets)
    return logged_in(entered, tools=tools, visit=visit, email_key=key)


@post("/refresh", status_code=200, responses=refusals(401, 403))
async def refresh(
    request: AnyRequest,
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    data: JSONBody[Refresh | None] = None,
) -> Response[LoggedIn]:
    text = data.refresh_token if data else _from_cookie(request, tools)
    entered = await sessions.refresh(transaction, tools=tools, visit=visit, text=text)
    return logged_in(entered, tools=tools, visit=visit)


@post("/logout", status_code=204, responses=refusals(401, 403) | without_body(204), security=[{"bearer": []}, {}])
async def log_out(
    request: AnyRequest,
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    verifier: NamedDependency[Verifier],
    data: JSONBody[Refresh | None] = None,
) -> Response[None]:
    """By access token, or by refresh token when that one has expired. An ended session stays ended: 204 again."""
    if "authorization" in request.headers:
        session_id = (await verifier.caller(bearer_of(request.headers.get("authorization")))).session_id
    else:
        text = data.refresh_token if data else _from_cookie(request, tools)
        session_id = (await sessions.session_of_refresh_token(transaction, tools=tools, text=text)).id
    await sessions.log_out(transaction, tools=tools, visit=visit, session_id=session_id)
    return Response(None, cookies=cookies.no_session_cookies(tools.settings) if visit.web else [])


@post("/step-up", status_code=200, responses=refusals(401), security=[{"bearer": []}])
async def step_up(
    request: AnyRequest,
    data: JSONBody[Proof],
    actor: NamedDependency[Actor],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Response[LoggedIn]:
    """Prove again who you are. A new session takes the place of this one: use the new tokens from now on."""
    buckets = attempts.of_proof(tools, user_id=actor.user.id)
    await admit(request, tools, buckets)
    right = await tools.hasher.verify(actor.user.password_hash, data.password)
    second = SecondProof(totp=data.totp, recovery_code=data.recovery_code)
    async with begin() as transaction:
        entered = await sessions.step_up(transaction, tools=tools, visit=visit, actor=actor, right=right, second=second)
    await forgive(request, tools, buckets)
    return logged_in(entered, tools=tools, visit=visit)


@get("/sessions", responses=refusals(401), security=[{"bearer": []}])
async def list_sessions(
    actor: NamedDependency[Actor], transaction: NamedDependency[AsyncConnection], tools: NamedDependency[Tools]
) -> list[ShownSession]:
    known = await sessions.open_sessions(transaction, tools=tools, actor=actor)
    return [_shown(session, current=session.id == actor.session.id) for session in known]


@delete("/sessions/{session_id:uuid}", status_code=204, responses=refusals(401, 403, 404), security=[{"bearer": []}])
async def end_session(
    session_id: FromPath[SessionId],
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    await sessions.end_one(transaction, tools=tools, visit=visit, actor=confirmed, session_id=session_id)


@delete("/sessions", status_code=204, responses=refusals(401, 403), security=[{"bearer": []}])
async def end_other_sessions(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    but: Annotated[Literal["current"], QueryParameter(name="except")],
) -> None:
    del but  # there is only one; it makes the call say what it does
    await sessions.end_others(transaction, tools=tools, visit=visit, actor=confirmed)


def _from_cookie(request: AnyRequest, tools: Tools) -> str:
    cookies.require_own_origin(request, tools.settings)
    token = request.cookies.get(cookies.REFRESH)
    if not token:
        raise RefreshTokenInvalid
    return token


def _shown(session: Session, *, current: bool) -> ShownSession:
    return ShownSession(
        id=session.id,
        device=session.device,
        network=session.network,
        method=session.method,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        current=current,
    )


ROUTES = [log_in, refresh, log_out, step_up, list_sessions, end_session, end_other_sessions]
