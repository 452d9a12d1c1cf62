"""Who acts: a person by their token, or a bot for a Discord user."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Request
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.tokens import Verifier, bearer_of
from contracts.problems import FieldError, Forbidden, InvalidInput
from media.domain.actors import Actor
from media.usecases.entering import act_for
from media.usecases.requesting import is_snowflake

ON_BEHALF_OF: Final = "X-On-Behalf-Of-Discord"
MANAGES_GUILD: Final = "X-Discord-Manages-Guild"
KEY_CHARS_MAX: Final = 200


def actors(verifier: Verifier, *, acting_services: str) -> Callable[..., Awaitable[Actor]]:
    """The dependency that gives a handler its `actor`. Only named services may speak for Discord users."""
    acting = {name.strip() for name in acting_services.split(",")}

    async def actor(request: Request[Any, Any, Any], transaction: NamedDependency[AsyncConnection]) -> Actor:
        token = bearer_of(request.headers.get("authorization"))
        discord_id = request.headers.get(ON_BEHALF_OF)
        if discord_id is None:
            return Actor(user_id=(await verifier.caller(token)).user_id)
        if await verifier.calling_service(token) not in acting:
            raise Forbidden("This service may not act for Discord users")
        if not is_snowflake(discord_id):
            raise InvalidInput(errors=[FieldError(ON_BEHALF_OF, "is not an id of Discord's")])
        return await act_for(transaction, discord_id, manages_guild=request.headers.get(MANAGES_GUILD))

    return actor


async def idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    """The dependency that gives a creating handler its `key`."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= KEY_CHARS_MAX:
        raise InvalidInput(errors=[FieldError("Idempotency-Key", f"must have 1 to {KEY_CHARS_MAX} characters")])
    return key
