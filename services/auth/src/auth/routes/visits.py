"""The dependencies of handlers: from where a request comes, who asks, and whether they may."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.visits import Visit, device_of, network_of
from auth.routes import cookies
from auth.usecases import admin, proofs, sessions
from auth.usecases.tools import Actor, Tools
from chassis.tokens import Verifier, bearer_of
from contracts.problems import SessionEnded

AnyRequest = Request[Any, Any, Any]


def visits(tools: Tools) -> Callable[[AnyRequest], Awaitable[Visit]]:
    """The dependency `visit`."""
    proxies = [ip_network(one.strip(), strict=False) for one in tools.settings.proxies.split(",") if one.strip()]

    async def visit(request: AnyRequest) -> Visit:
        headers = request.headers
        peer = request.client.host if request.client else ""
        return Visit(
            network=network_of(peer, headers.get("x-forwarded-for"), proxies=proxies),
            device=device_of(headers.get("user-agent", "")),
            web=headers.get("x-client") == "web",
            device_token=headers.get("x-device-token") or request.cookies.get(cookies.DEVICE),
            language="de" if headers.get("accept-language", "").lower().startswith("de") else "en",
        )

    return visit


def actors(tools: Tools, verifier: Verifier) -> Callable[..., Awaitable[Actor]]:
    """The dependency `actor`. Auth looks its own sessions up: here they end at once, not within a second."""

    async def actor(request: AnyRequest, transaction: NamedDependency[AsyncConnection]) -> Actor:
        caller = await verifier.caller(bearer_of(request.headers.get("authorization")))
        found = await sessions.actor_of(transaction, tools=tools, session_id=caller.session_id)
        if found is None:
            raise SessionEnded
        return found

    return actor


def confirmed_actors(tools: Tools) -> Callable[..., Awaitable[Actor]]:
    """The dependency `confirmed`: an actor who proved who they are within the last minutes."""

    async def confirmed(
        actor: NamedDependency[Actor],
        transaction: NamedDependency[AsyncConnection],
        visit: NamedDependency[Visit],
    ) -> Actor:
        await proofs.require_fresh(transaction, tools=tools, visit=visit, actor=actor)
        return actor

    return confirmed


def administrators(tools: Tools) -> Callable[..., Awaitable[Actor]]:
    """The dependency `administrator`."""

    async def administrator(
        actor: NamedDependency[Actor],
        transaction: NamedDependency[AsyncConnection],
        visit: NamedDependency[Visit],
    ) -> Actor:
        await admin.require_admin(transaction, tools=tools, visit=visit, actor=actor)
        return actor

    return administrator
