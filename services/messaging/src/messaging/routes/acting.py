"""Who acts: a person by their token, or a bot for a Discord user, where a handler says that it takes that."""

import time
from typing import Any, Final
from uuid import UUID

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chassis import tokens
from chassis.tokens import Caller, Guard, Verifier, bearer_of
from contracts.auth import MANAGES_GUILD, ON_BEHALF_OF
from contracts.ids import SessionId
from contracts.problems import FieldError, Forbidden, InvalidInput
from messaging.clients import DiscordUsers
from messaging.domain.values import is_snowflake

log = structlog.get_logger()

ACTING: Final = "acting"
"""`@get(..., acting="messaging.spaces_listed")`: it may be done for a Discord user, and is written down as that."""
NO_SESSION: Final = SessionId(UUID(int=0))
"""Who acts through a bot has none."""


def gate(verifier: Verifier, users: DiscordUsers, *, acting_services: str) -> Guard:
    """The guard that finds out who asks, before anything else is opened (see `chassis.tokens.gate`).

    A service of `acting_services` may name a Discord user; what follows is that person's call, with their permissions.
    """
    people = tokens.gate(verifier)
    acting = {name.strip() for name in acting_services.split(",")}

    async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        discord_id = connection.headers.get(ON_BEHALF_OF)
        if discord_id is None or "caller" not in handler.parsed_fn_signature.parameters:
            await people(connection, handler)
            return
        service = await verifier.calling_service(bearer_of(connection.headers.get("authorization")))
        action = handler.opt.get(ACTING)
        if service not in acting or action is None:
            raise Forbidden("This may not be done for a Discord user")
        if not is_snowflake(discord_id):
            raise InvalidInput(errors=[FieldError(ON_BEHALF_OF, "is not an id of Discord's")])
        person = await users.find(discord_id, action=action, by=service)
        log.info("person.acted_for", user_id=str(person.id), service=service, action=action)
        connection.state.caller = Caller(person.id, NO_SESSION, person.display_name, expires_at=time.time())
        connection.state.manages_guild = connection.headers.get(MANAGES_GUILD)

    return let_in


def manages_guild(request: Request[Any, Any, Any]) -> str | None:
    """The dependency that says which Discord server the caller may manage, as the bot says that acts for them."""
    return request.state.get("manages_guild")
