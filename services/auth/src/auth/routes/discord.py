"""To Discord and back: log in by it, link it, unlink it."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.identities import DiscordRefused, Journey
from auth.domain.visits import Visit
from auth.routes import cookies
from auth.routes.accounts import SIGNED_IN
from auth.routes.answers import refusals, without_body
from auth.routes.limits import admit
from auth.usecases import attempts, identities, proofs, sessions
from auth.usecases.tools import Actor, Begin, Tools
from chassis.tokens import Verifier, bearer_of
from contracts.problems import Problem, SessionEnded

AnyRequest = Request[Any, Any, Any]


class Departure(msgspec.Struct, frozen=True):
    """Where to send the browser; it has the cookie that goes with it."""

    authorize_url: str


@get(
    "/discord/start", status_code=200, responses=refusals(401, 403, 404) | without_body(302), security=[{}, *SIGNED_IN]
)
async def start(
    request: AnyRequest,
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    verifier: NamedDependency[Verifier],
    mode: FromQuery[Literal["login", "link"]] = "login",
    return_to: Annotated[str, QueryParameter(max_length=500)] = "/",
    discord_id: Annotated[str, QueryParameter(max_length=20)] = "",
) -> Response[Departure | None]:
    """A browser that comes here by itself is sent on (302). A script that asks for JSON gets the address instead:
    linking needs an access token, which no browser sends by itself. With `discord_id` no other account is linked.
    """
    await admit(request, tools, attempts.of_journey(tools, visit=visit))
    actor = None
    if mode == "link":
        caller = await verifier.caller(bearer_of(request.headers.get("authorization")))
        actor = await sessions.actor_of(transaction, tools=tools, session_id=caller.session_id)
        if actor is None:
            raise SessionEnded
        await proofs.require_fresh(transaction, tools=tools, visit=visit, actor=actor)
    departure = await identities.depart(
        transaction, tools=tools, mode=mode, return_to=return_to, actor=actor, provider_user_id=discord_id
    )
    cookie = cookies.journey_cookie(departure.browser, tools.settings)
    if mode == "link" or "application/json" in request.headers.get("accept", ""):
        return Response(Departure(departure.url), cookies=[cookie], headers={"Cache-Control": "no-store"})
    return Response(None, status_code=302, cookies=[cookie], headers={"Location": departure.url})


@get("/discord/callback", status_code=302, responses=refusals(403, 404) | without_body(302))
async def callback(
    request: AnyRequest,
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
    given_state: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
    code: Annotated[str | None, QueryParameter(max_length=500)] = None,
) -> Response[None]:
    """Where Discord sends the browser back to. What goes wrong after the journey was recognised is told to the page
    it began on (`?error=<code>`).
    """
    browser = request.cookies.get(cookies.JOURNEY, "")
    async with begin() as transaction:
        journey = await identities.arrive(transaction, tools=tools, state=given_state, browser=browser)
    done: list[Any] = [cookies.journey_cookie("", tools.settings)]
    try:
        done += await _finish(journey, code, begin=begin, tools=tools, visit=visit)
    except Problem as problem:
        async with begin() as transaction:
            await identities.refused(transaction, visit=visit, journey=journey, code=problem.code)
        return _back(journey, f"error={problem.code}", done)
    return _back(journey, "linked=discord" if journey.mode == "link" else "", done)


@delete("/identities/discord", status_code=204, responses=refusals(401, 403, 404, 409), security=SIGNED_IN)
async def unlink(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    """Refused if it is the last way in."""
    await identities.unlink(transaction, tools=tools, visit=visit, actor=confirmed)


async def _finish(journey: Journey, code: str | None, *, begin: Begin, tools: Tools, visit: Visit) -> list[Any]:
    """Exchange the code, then log in or link; gives the cookies to set."""
    if code is None:
        raise DiscordRefused
    callback_url = identities.callback_url(tools)
    grant = await tools.discord.exchange(code, verifier=journey.verifier, callback=callback_url)
    person = await tools.discord.person(grant)
    async with begin() as transaction:
        if journey.mode == "link":
            await identities.link(transaction, tools=tools, visit=visit, journey=journey, person=person, grant=grant)
            return []
        entered = await identities.log_in(transaction, tools=tools, visit=visit, person=person, grant=grant)
    return cookies.refresh_cookies(entered.refresh_token, tools.settings)


def _back(journey: Journey, added: str, set_cookies: list[Any]) -> Response[None]:
    joint = "&" if "?" in journey.return_to else "?"
    location = journey.return_to + (joint + added if added else "")
    return Response(None, status_code=302, cookies=set_cookies, headers={"Location": location})


ROUTES = [start, callback, unlink]
