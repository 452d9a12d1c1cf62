"""Register, and who am I."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from auth.domain.visits import Visit
from auth.routes.answers import Me, me_of, refusals
from auth.usecases import accounts
from auth.usecases.tools import Actor, Begin, Tools


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new account needs."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    display_name: Annotated[str, Meta(max_length=200)]


class VerificationSent(msgspec.Struct, frozen=True):
    """The same for every address."""

    status: str = "verification_sent"


@post("/register", status_code=202, responses=refusals())
async def register(
    data: JSONBody[Registration],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> VerificationSent:
    password_hash = await tools.hasher.hash(data.password)
    async with begin() as transaction:
        await accounts.register(
            transaction,
            tools=tools,
            visit=visit,
            email=data.email,
            password_hash=password_hash,
            display_name=data.display_name,
        )
    return VerificationSent()


@get("/me", responses=refusals(401), security=[{"bearer": []}])
async def show_me(actor: NamedDependency[Actor]) -> Me:
    return me_of(actor.user)


ROUTES = [register, show_me]
