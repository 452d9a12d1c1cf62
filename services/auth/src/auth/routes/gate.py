"""Who asks, and whether they may: found out before anything else is opened for the request.

A handler says whom it lets in by asking for one of these by name: `actor` (somebody who is logged in), `confirmed` (who
proved who they are within the last minutes), `administrator`, `calling_service`. This is a guard, not a dependency that
may refuse: when a dependency raises, Litestar 2 leaves the transaction opened beside it to the garbage collector.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from auth.domain.visits import Visit
from auth.usecases import admin, proofs, sessions
from auth.usecases.tools import Actor, Begin, Tools
from chassis.tokens import Verifier, bearer_of
from contracts.problems import SessionEnded

AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]

PEOPLE: Final = ("actor", "confirmed", "administrator")


def keeper(
    begin: Begin, tools: Tools, verifier: Verifier, visit_of: Callable[[AnyConnection], Visit]
) -> Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]:
    """The guard of every call."""

    async def let_in(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        wanted = handler.parsed_fn_signature.parameters
        if "calling_service" in wanted:
            token = bearer_of(connection.headers.get("authorization"))
            connection.state.calling_service = await verifier.calling_service(token)
        if any(name in wanted for name in PEOPLE):
            caller = await verifier.caller(bearer_of(connection.headers.get("authorization")))
            async with begin() as transaction:
                # Auth looks its own sessions up: here they end at once, not within a second.
                found = await sessions.actor_of(transaction, tools=tools, session_id=caller.session_id)
                if found is None:
                    raise SessionEnded
                visit = visit_of(connection)
                if "confirmed" in wanted:
                    await proofs.require_fresh(transaction, tools=tools, visit=visit, actor=found)
                if "administrator" in wanted:
                    await admin.require_admin(transaction, tools=tools, visit=visit, actor=found)
            connection.state.actor = found

    return let_in


def actor(request: AnyRequest) -> Actor:
    """Whom the gate let in. The other names say the same of people of whom more was asked."""
    return request.state.actor


def confirmed(request: AnyRequest) -> Actor:
    return request.state.actor


def administrator(request: AnyRequest) -> Actor:
    return request.state.actor


def calling_service(request: AnyRequest) -> str:
    """The name of the service that asks."""
    return request.state.calling_service
