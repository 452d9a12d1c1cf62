"""To Discord and back: log in by it, link it, unlink it."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.identities import DiscordRefused, Journey
from auth.domain.proofs import TotpNeeded
from auth.domain.visits import Visit
from auth.routes import cookies
from auth.routes.accounts import SIGNED_IN
from auth.routes.answers import LoggedIn, logged_in, refusals, without_body
from auth.routes.limits import admit, forgive
from auth.usecases import attempts, identities, proofs, sessions
from auth.usecases.tools import Actor, Begin, Tools
from chassis.tokens import Verifier, bearer_of
from contracts.problems import Problem, SessionEnded

AnyRequest = Request[Any, Any, Any]


class SecondFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of the authenticator app, or a recovery code."""

    totp: Annotated[str, Meta(max_length=20)] | None = None
    recovery_code: Annotated[str, Meta(max_length=60)] | None = None


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
        added, set_cookies = await _finish(journey, code, begin=begin, tools=tools, visit=visit)
    except Problem as problem:
        async with begin() as transaction:
            await identities.refused(transaction, visit=visit, journey=journey, code=problem.code)
        return _back(journey, f"error={problem.code}", done)
    return _back(journey, added, [*done, *set_cookies])


@post("/discord/second-factor", status_code=200, responses=refusals(401, 403))
async def finish_log_in(
    request: AnyRequest,
    data: JSONBody[SecondFactor],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Response[LoggedIn]:
    """What a page asks for where the way back from Discord says `?error=totp_needed`: the account's own code."""
    cookies.require_own_origin(request, tools.settings)
    browser = request.cookies.get(cookies.SECOND_FACTOR, "")
    async with begin() as transaction:
        pending = await identities.pending_login(transaction, tools=tools, browser=browser)
    buckets = attempts.of_second_factor(tools, user_id=pending.user_id)
    await admit(request, tools, buckets)
    given = proofs.SecondProof(totp=data.totp, recovery_code=data.recovery_code)
    async with begin() as transaction:
        entered = await identities.finish_log_in(transaction, tools=tools, visit=visit, browser=browser, given=given)
    await forgive(request, tools, buckets)
    answer = logged_in(entered, tools=tools, visit=visit)
    answer.set_cookie(cookies.second_factor_cookie("", tools.settings))
    return answer


@delete("/identities/discord", status_code=204, responses=refusals(401, 403, 404, 409), security=SIGNED_IN)
async def unlink(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    """Refused if it is the last way in."""
    await identities.unlink(transaction, tools=tools, visit=visit, actor=confirmed)


async def _finish(
    journey: Journey, code: str | None, *, begin: Begin, tools: Tools, visit: Visit
) -> tuple[str, list[Any]]:
    """Exchange the code, then log in or link; gives what the page is told, and the cookies to set."""
    if code is None:
        raise DiscordRefused
    callback_url = identities.callback_url(tools)
    grant = await tools.discord.exchange(code, verifier=journey.verifier, callback=callback_url)
    person = await tools.discord.person(grant)
    async with begin() as transaction:
        if journey.mode == "link":
            await identities.link(transaction, tools=tools, visit=visit, journey=journey, person=person, grant=grant)
            return "linked=discord", []
        entered = await identities.log_in(transaction, tools=tools, visit=visit, person=person, grant=grant)
    if isinstance(entered, identities.SecondFactorNeeded):
        return f"error={TotpNeeded.code}", [cookies.second_factor_cookie(entered.browser, tools.settings)]
    return "", cookies.session_cookies(entered.refresh_token, entered.access_token, tools.settings)


def _back(journey: Journey, added: str, set_cookies: list[Any]) -> Response[None]:
    joint = "&" if "?" in journey.return_to else "?"
    location = journey.return_to + (joint + added if added else "")
    return Response(None, status_code=302, cookies=set_cookies, headers={"Location": location})


ROUTES = [start, callback, finish_log_in, unlink]
