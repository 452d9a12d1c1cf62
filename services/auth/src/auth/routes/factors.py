"""Second factors: the authenticator app, recovery codes, passkeys."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn.helpers import bytes_to_base64url

from auth import store
from auth.domain.proofs import Passkey
from auth.domain.visits import Visit
from auth.routes import cookies
from auth.routes.accounts import SIGNED_IN
from auth.routes.answers import LoggedIn, logged_in, refusals
from auth.routes.limits import admit
from auth.usecases import attempts, passkeys, proofs, sessions
from auth.usecases.tools import Actor, Tools

AnyRequest = Request[Any, Any, Any]


class TotpOffer(msgspec.Struct, frozen=True):
    """`uri` (`otpauth://`) is what a QR code shows; `secret` is for typing."""

    secret: str
    uri: str


class TotpCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that the app shows now."""

    code: Annotated[str, Meta(max_length=20)]


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Each works once, in place of an app's code; they are not shown again."""

    recovery_codes: list[str]


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `navigator.credentials.create()` gave, as JSON."""

    credential: dict[str, Any]
    name: Annotated[str, Meta(max_length=100)] = ""


class PasskeyAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `navigator.credentials.get()` gave, as JSON."""

    credential: dict[str, Any]


class ShownPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of the user."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


@post("/totp/enrol", status_code=200, responses=refusals(401, 403, 409), security=SIGNED_IN)
async def enrol_totp(
    confirmed: NamedDependency[Actor], transaction: NamedDependency[AsyncConnection], tools: NamedDependency[Tools]
) -> TotpOffer:
    secret, uri = await proofs.enrol_totp(transaction, tools=tools, actor=confirmed)
    return TotpOffer(secret, uri)


@post("/totp/confirm", status_code=200, responses=refusals(401, 403, 409), security=SIGNED_IN)
async def confirm_totp(
    request: AnyRequest,
    data: JSONBody[TotpCode],
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> RecoveryCodes:
    await admit(request, tools, attempts.of_proof(tools, user_id=confirmed.user.id))
    codes = await proofs.confirm_totp(transaction, tools=tools, visit=visit, actor=confirmed, code=data.code)
    return RecoveryCodes(codes)


@post("/totp/disable", status_code=204, responses=refusals(401, 403, 409), security=SIGNED_IN)
async def disable_totp(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    await proofs.disable_totp(transaction, tools=tools, visit=visit, actor=confirmed)


@post("/totp/recovery-codes", status_code=200, responses=refusals(401, 403, 409), security=SIGNED_IN)
async def renew_recovery_codes(
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> RecoveryCodes:
    """The old ones stop working."""
    return RecoveryCodes(await proofs.renew_recovery_codes(transaction, tools=tools, visit=visit, actor=confirmed))


@get("/passkeys", responses=refusals(401), security=SIGNED_IN)
async def list_passkeys(
    actor: NamedDependency[Actor], transaction: NamedDependency[AsyncConnection]
) -> list[ShownPasskey]:
    return [_shown(one) for one in await store.proofs.passkeys_of(transaction, actor.user.id)]


@post("/passkeys/enrol", status_code=200, responses=refusals(401, 403, 409), security=SIGNED_IN)
async def offer_passkey(
    confirmed: NamedDependency[Actor], transaction: NamedDependency[AsyncConnection], tools: NamedDependency[Tools]
) -> dict[str, Any]:
    """The options for `navigator.credentials.create()`."""
    return await passkeys.offer_enrolment(transaction, tools=tools, actor=confirmed)


@post("/passkeys", status_code=201, responses=refusals(401, 403), security=SIGNED_IN)
async def add_passkey(
    data: JSONBody[NewPasskey],
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> ShownPasskey:
    passkey = await passkeys.enrol(
        transaction, tools=tools, visit=visit, actor=confirmed, credential=data.credential, name=data.name
    )
    return _shown(passkey)


@delete("/passkeys/{passkey_id:str}", status_code=204, responses=refusals(401, 403, 404, 409), security=SIGNED_IN)
async def remove_passkey(
    passkey_id: FromPath[str],
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    await passkeys.remove(transaction, tools=tools, visit=visit, actor=confirmed, passkey_id=passkey_id)


@post("/passkeys/login/options", status_code=200, responses=refusals())
async def offer_login(
    request: AnyRequest,
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> dict[str, Any]:
    """The options for `navigator.credentials.get()`; for anybody, so they say nothing about anyone."""
    await admit(request, tools, attempts.of_link(tools, visit=visit))
    return await passkeys.offer_login(transaction, tools=tools)


@post("/passkeys/login", status_code=200, responses=refusals(401, 403))
async def log_in_with_passkey(
    request: AnyRequest,
    data: JSONBody[PasskeyAnswer],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Response[LoggedIn]:
    """A passkey is both factors: the device, and its owner's finger, face or PIN."""
    if visit.web:
        cookies.require_own_origin(request, tools.settings)
    await admit(request, tools, attempts.of_link(tools, visit=visit))
    user = await passkeys.prove(transaction, tools=tools, visit=visit, credential=data.credential)
    entered = await sessions.enter(transaction, tools=tools, visit=visit, user=user, method="passkey")
    return logged_in(entered, tools=tools, visit=visit)


@post("/step-up/passkey", status_code=200, responses=refusals(401), security=SIGNED_IN)
async def step_up_with_passkey(
    data: JSONBody[PasskeyAnswer],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Response[LoggedIn]:
    """As `/step-up`, for who has a passkey."""
    user = await passkeys.prove(transaction, tools=tools, visit=visit, credential=data.credential)
    entered = await sessions.step_up_by_passkey(transaction, tools=tools, visit=visit, actor=actor, proved=user)
    return logged_in(entered, tools=tools, visit=visit)


def _shown(passkey: Passkey) -> ShownPasskey:
    return ShownPasskey(
        id=bytes_to_base64url(passkey.id),
        name=passkey.name,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )


ROUTES = [
    enrol_totp,
    confirm_totp,
    disable_totp,
    renew_recovery_codes,
    list_passkeys,
    offer_passkey,
    add_passkey,
    remove_passkey,
    offer_login,
    log_in_with_passkey,
    step_up_with_passkey,
]
