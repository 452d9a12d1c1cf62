"""Register, confirm the address; who am I, what may I change, what do you know about me."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal

import msgspec
from litestar import MediaType, Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.users import Language, User, checked_name, email_key
from auth.domain.visits import Visit
from auth.routes.answers import Me, me_of, refusals
from auth.routes.limits import admit
from auth.usecases import accounts, attempts
from auth.usecases.tools import Actor, Begin, Tools

AnyRequest = Request[Any, Any, Any]
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]
EXPORTED = {200: ResponseSpec(dict[str, Any], description="The file", generate_examples=False)}


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new account needs."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    display_name: Annotated[str, Meta(max_length=200)]


class VerificationSent(msgspec.Struct, frozen=True):
    """The same for every address."""

    status: Literal["verification_sent"] = "verification_sent"


class LinkToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a mailed link carries."""

    token: Annotated[str, Meta(max_length=100)]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    display_name: Annotated[str, Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    avatar_url: Annotated[str, Meta(max_length=500)] | msgspec.UnsetType | None = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET


@post("/register", status_code=202, responses=refusals(403))
async def register(
    request: AnyRequest,
    data: JSONBody[Registration],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> VerificationSent:
    accounts.require_registration(tools)
    key, name = email_key(data.email), checked_name(data.display_name)
    accounts.check_password(tools, data.password, about=[data.email, name])
    await admit(request, tools, attempts.of_registration(tools, visit=visit, email_key=key))
    password_hash = await tools.hasher.hash(data.password)
    async with begin() as transaction:
        await accounts.register(
            transaction, tools=tools, visit=visit, email=data.email, password_hash=password_hash, display_name=name
        )
    return VerificationSent()


@post("/verify-email", status_code=204, responses=refusals(410))
async def verify_email(
    request: AnyRequest,
    data: JSONBody[LinkToken],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    await admit(request, tools, attempts.of_link(tools, visit=visit))
    await accounts.verify_email(transaction, tools=tools, visit=visit, token=data.token)


@get("/me", responses=refusals(401), security=SIGNED_IN)
async def show_me(
    actor: NamedDependency[Actor], transaction: NamedDependency[AsyncConnection], tools: NamedDependency[Tools]
) -> Me:
    return await _me(transaction, actor.user, tools=tools)


@patch("/me", responses=refusals(401), security=SIGNED_IN)
async def change_me(
    data: JSONBody[Profile],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
) -> Me:
    user = await accounts.change_profile(
        transaction,
        tools=tools,
        actor=actor,
        display_name=data.display_name,
        avatar_url=data.avatar_url,
        language=data.language,
    )
    return await _me(transaction, user, tools=tools)


@delete("/me", status_code=204, responses=refusals(401, 403), security=SIGNED_IN)
async def delete_me(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    """All sessions end now; logging in within the days of grace keeps the account."""
    await accounts.ask_deletion(transaction, tools=tools, visit=visit, actor=confirmed)


@get("/me/export", responses=refusals(401, 403) | EXPORTED, security=SIGNED_IN, media_type=MediaType.JSON)
async def export_me(
    confirmed: NamedDependency[Actor],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Stream:
    """All that is kept here about you, as one JSON file."""
    headers = {"Content-Disposition": 'attachment; filename="account.json"', "Cache-Control": "no-store"}
    async with begin() as transaction:
        exported = await accounts.export(transaction, tools=tools, visit=visit, actor=confirmed)

    async def parts() -> AsyncGenerator[bytes]:
        yield msgspec.json.encode(exported).removesuffix(b"}") + b',"security_log":['
        joint = b""
        async for entry in accounts.whole_security_log(begin, user_id=confirmed.user.id):
            yield joint + msgspec.json.encode(entry)
            joint = b","
        yield b"]}"

    return Stream(parts(), headers=headers)


async def _me(transaction: AsyncConnection, user: User, *, tools: Tools) -> Me:
    identities = await accounts.identities_of(transaction, tools=tools, user=user)
    return me_of(user, identities, await accounts.factors_of(transaction, user))


ROUTES = [register, verify_email, show_me, change_me, delete_me, export_me]
