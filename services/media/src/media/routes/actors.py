"""Who acts: a person by their token, or a bot for a Discord user."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.handlers import BaseRouteHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.tokens import Guard, Verifier, bearer_of
from contracts.auth import MANAGES_GUILD, ON_BEHALF_OF
from contracts.problems import FieldError, Forbidden, InvalidInput
from media.domain.actors import Actor
from media.usecases.entering import act_for
from media.usecases.learning import Learner
from media.usecases.requesting import is_snowflake


def gate(verifier: Verifier, engine: AsyncEngine, learner: Learner, *, acting_services: str) -> Guard:
    """The guard that finds out who acts, for handlers that want an `actor`, before anything else is opened.

    Only named services may speak for Discord users. See `chassis.tokens.gate` for why no dependency refuses.
    """
    acting = {name.strip() for name in acting_services.split(",")}

    async def who_acts(headers: Headers) -> Actor:
        token = bearer_of(headers.get("authorization"))
        discord_id = headers.get(ON_BEHALF_OF)
        if discord_id is None:
            user_id = (await verifier.caller(token)).user_id
            await learner.person(user_id)
            return Actor(user_id=user_id)
        service = await verifier.calling_service(token)
        if service not in acting:
            raise Forbidden("This service may not act for Discord users")
        if not is_snowflake(discord_id):
            raise InvalidInput(errors=[FieldError(ON_BEHALF_OF, "is not an id of Discord's")])
        await learner.discord_user(discord_id, by=service)
        manages_guild = headers.get(MANAGES_GUILD)
        if manages_guild is not None:
            await learner.guild(manages_guild)
        async with engine.begin() as transaction:
            found = await act_for(transaction, discord_id, manages_guild=manages_guild)
        if found.user_id is not None:
            await learner.person(found.user_id)
        return found

    async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if "actor" in handler.parsed_fn_signature.parameters:
            connection.state.actor = await who_acts(connection.headers)

    return let_in


def actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency that gives a handler its `actor`."""
    return request.state.actor
