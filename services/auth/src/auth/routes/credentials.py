"""Passwords and addresses: forgot, reset, change; every mail that anybody may ask for."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.mails import MailKind
from auth.domain.users import email_key
from auth.domain.visits import Visit
from auth.routes.accounts import SIGNED_IN, LinkToken
from auth.routes.answers import refusals
from auth.routes.limits import admit, forgive
from auth.usecases import accounts, attempts, mailing, passwords
from auth.usecases.tools import Actor, Begin, Tools

AnyRequest = Request[Any, Any, Any]


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An e-mail address."""

    email: Annotated[str, Meta(max_length=254)]


class MailSent(msgspec.Struct, frozen=True):
    """The same whether an account has the address or not."""

    status: Literal["mail_sent"] = "mail_sent"


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the mailed link carries, and the new password."""

    token: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(max_length=1024)]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`current` may be left out by who has no password yet and proved who they are just now."""

    new: Annotated[str, Meta(max_length=1024)]
    current: Annotated[str, Meta(max_length=1024)] | None = None


@post("/verify-email/resend", status_code=202, responses=refusals())
async def resend_verification(
    request: AnyRequest,
    data: JSONBody[Address],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> MailSent:
    key = email_key(data.email)
    await admit(request, tools, attempts.of_mail(tools, visit=visit, email_key=key))
    await mailing.ask(transaction, MailKind.VERIFY_EMAIL, tools=tools, visit=visit, email_key=key)
    return MailSent()


@post("/password/forgot", status_code=202, responses=refusals())
async def forgot_password(
    request: AnyRequest,
    data: JSONBody[Address],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> MailSent:
    key = email_key(data.email)
    await admit(request, tools, attempts.of_mail(tools, visit=visit, email_key=key))
    await mailing.ask(transaction, MailKind.RESET_PASSWORD, tools=tools, visit=visit, email_key=key)
    return MailSent()


@post("/password/reset", status_code=204, responses=refusals(410))
async def reset_password(
    request: AnyRequest,
    data: JSONBody[Reset],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    """Ends all sessions and logs nobody in: second factors are asked for at the next login as always."""
    await admit(request, tools, attempts.of_link(tools, visit=visit))
    accounts.check_password(tools, data.password, about=[])
    password_hash = await tools.hasher.hash(data.password)
    async with begin() as transaction:
        await passwords.reset(
            transaction,
            tools=tools,
            visit=visit,
            token=data.token,
            password=data.password,
            password_hash=password_hash,
        )


@post("/password/change", status_code=204, responses=refusals(401, 403), security=SIGNED_IN)
async def change_password(
    request: AnyRequest,
    data: JSONBody[Change],
    actor: NamedDependency[Actor],
    begin: NamedDependency[Begin],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    """Ends all other sessions."""
    user = actor.user
    accounts.check_password(tools, data.new, about=[user.email or "", user.display_name], pointer="/new")
    buckets = attempts.of_proof(tools, user_id=user.id)
    await admit(request, tools, buckets)
    right = user.password_hash is None or await tools.hasher.verify(user.password_hash, data.current or "")
    password_hash = await tools.hasher.hash(data.new) if right else None
    async with begin() as transaction:
        await passwords.change(transaction, tools=tools, visit=visit, actor=actor, password_hash=password_hash)
    await forgive(request, tools, buckets)


@post("/email/change", status_code=202, responses=refusals(401, 403), security=SIGNED_IN)
async def change_email(
    request: AnyRequest,
    data: JSONBody[Address],
    confirmed: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> MailSent:
    """The new address has to confirm; until then the old one stays in use, and is told."""
    key = email_key(data.email)
    await admit(request, tools, attempts.of_mail(tools, visit=visit, email_key=key))
    await accounts.ask_email_change(transaction, tools=tools, visit=visit, actor=confirmed, email=data.email)
    return MailSent()


@post("/email/confirm", status_code=204, responses=refusals(409, 410))
async def confirm_email(
    request: AnyRequest,
    data: JSONBody[LinkToken],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> None:
    await admit(request, tools, attempts.of_link(tools, visit=visit))
    await accounts.confirm_email_change(transaction, tools=tools, visit=visit, token=data.token)


ROUTES = [
    resend_verification,
    forgot_password,
    reset_password,
    change_password,
    change_email,
    confirm_email,
]
