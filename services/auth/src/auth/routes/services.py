"""For machines: the published keys, service tokens, the log of accounts."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.clients.service_keys import ServiceKeys
from auth.domain.visits import Visit
from auth.routes.answers import refusals
from auth.usecases import services
from auth.usecases.tools import Tools
from contracts.auth import ActingAsked, Profile, ServiceTokenAsked, ServiceTokenGiven
from contracts.events import LogPage
from contracts.instance import PATH, AccountsInfo
from contracts.tokens import Jwk


@get("/.well-known/jwks.json", responses=refusals())
async def show_keys(tools: NamedDependency[Tools]) -> Response[dict[str, list[Jwk]]]:
    return Response({"keys": await tools.ring.jwks()}, headers={"Cache-Control": "max-age=60"})


@post("/api/v1/auth/service-tokens", status_code=200, responses=refusals(401))
async def give_service_token(
    data: JSONBody[ServiceTokenAsked],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    service_keys: NamedDependency[ServiceKeys],
) -> ServiceTokenGiven:
    return await services.give_token(
        transaction,
        tools=tools,
        visit=visit,
        keys=service_keys.current(),
        assertion=data.assertion,
        audience=data.audience,
    )


@get("/internal/log", responses=refusals(401, 404), security=[{"bearer": []}])
async def read_log(
    topic: FromQuery[str],
    calling_service: NamedDependency[str],
    transaction: NamedDependency[AsyncConnection],
    after: FromQuery[int | None] = None,
    limit: Annotated[int, QueryParameter(ge=1)] = 500,
    audience: FromQuery[bool] = False,
) -> LogPage:
    del calling_service  # that there is one is what counts
    return await services.read_log(transaction, topic=topic, after=after, limit=limit, audience=audience)


@post("/internal/acting", status_code=200, responses=refusals(401, 403, 404), security=[{"bearer": []}])
async def act_for(
    data: JSONBody[ActingAsked],
    calling_service: NamedDependency[str],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Profile:
    """Who a Discord user is here, for a service that acts for them; it stands in the user's security log."""
    return await services.act_for(transaction, tools=tools, visit=visit, service=calling_service, asked=data)


@get(PATH, responses=refusals(401), security=[{"bearer": []}])
async def show_instance(calling_service: NamedDependency[str], tools: NamedDependency[Tools]) -> AccountsInfo:
    """What anyone may know of accounts here before they have one."""
    del calling_service  # that there is one is what counts
    return services.instance_of(tools)


ROUTES = [show_keys, give_service_token, read_log, act_for, show_instance]
