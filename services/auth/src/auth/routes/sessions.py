"""Log in, refresh, log out."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.users import email_key
from auth.domain.visits import Visit
from auth.routes.answers import LoggedIn, me_of, refusals
from auth.usecases import sessions
from auth.usecases.sessions import Entered
from auth.usecases.tools import Begin, Tools
from chassis.tokens import Verifier, bearer_of


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password, and a second proof where the account asks for one."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Browsers leave it out: their cookie has it."""

    refresh_token: Annotated[str, Meta(max_length=200)] = ""


@post("/login", status_code=200, responses=refusals(401, 403))
async def log_in(
    data: JSONBody[Login],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> LoggedIn:
    # Hashing takes long: no connection is held meanwhile.
    async with begin() as transaction:
        user = await store.users.by_email(transaction, email_key(data.email))
    right = await tools.hasher.verify(user.password_hash if user else None, data.password)
    async with begin() as transaction:
        entered = await sessions.log_in(transaction, tools=tools, visit=visit, user=user, right=right)
    return show(entered, tools)


@post("/refresh", status_code=200, responses=refusals(401, 403))
async def refresh(
    data: JSONBody[Refresh],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> LoggedIn:
    return show(await sessions.refresh(transaction, tools=tools, visit=visit, text=data.refresh_token), tools)


@post("/logout", status_code=204, responses=refusals(401, 403))
async def log_out(
    request: Request[Any, Any, Any],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    verifier: NamedDependency[Verifier],
) -> Response[None]:
    caller = await verifier.caller(bearer_of(request.headers.get("authorization")))
    actor = await sessions.actor_of(transaction, tools=tools, session_id=caller.session_id)
    if actor is not None:
        await sessions.log_out(transaction, tools=tools, visit=visit, session=actor.session)
    return Response(None)


def show(entered: Entered, tools: Tools) -> LoggedIn:
    return LoggedIn(
        access_token=entered.access_token,
        expires_in=tools.settings.access_seconds,
        refresh_token=entered.refresh_token,
        session_id=entered.session.id,
        user=me_of(entered.user),
    )


ROUTES = [log_in, refresh, log_out]
