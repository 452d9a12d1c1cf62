"""The security log for its user; and what administrators of the instance may do."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.security import Entry
from auth.domain.users import User
from auth.domain.visits import Visit
from auth.routes.accounts import SIGNED_IN
from auth.routes.answers import refusals
from auth.routes.credentials import MailSent
from auth.usecases import admin
from auth.usecases.tools import Actor, Tools
from contracts.ids import UserId

PAGE_MAX = 100


class Page(msgspec.Struct, frozen=True):
    """Newest first; `next_cursor` goes on as `before`."""

    items: list[Entry]
    next_cursor: str | None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account as administrators see it."""

    id: UserId
    email: str | None
    display_name: str
    email_verified: bool
    is_admin: bool
    created_at: datetime
    delete_at: datetime | None


class Appointment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether somebody administrates this instance."""

    is_admin: bool


class Ended(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    sessions: int


@get("/security-log", responses=refusals(401), security=SIGNED_IN)
async def show_my_log(
    actor: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 50,
) -> Page:
    """What happened to your account."""
    return _page(await admin.security_log(transaction, user_id=actor.user.id, before=before, limit=limit), limit)


@get("/admin/security-log", responses=refusals(401, 403), security=SIGNED_IN)
async def show_log(
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    user_id: FromQuery[UserId | None] = None,
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 50,
) -> Page:
    del administrator  # that there is one is what counts
    return _page(await admin.security_log(transaction, user_id=user_id, before=before, limit=limit), limit)


@get("/admin/users", responses=refusals(401, 403), security=SIGNED_IN)
async def find_users(
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    search: Annotated[str, QueryParameter(max_length=254)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 50,
) -> list[Person]:
    """By the beginning of the address or the name."""
    del administrator  # that there is one is what counts
    return [_person(user) for user in await admin.find_users(transaction, text=search, limit=limit)]


@put("/admin/users/{user_id:uuid}/role", responses=refusals(401, 403, 404), security=SIGNED_IN)
async def appoint(
    user_id: FromPath[UserId],
    data: JSONBody[Appointment],
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    visit: NamedDependency[Visit],
) -> Person:
    user = await admin.appoint(transaction, visit=visit, actor=administrator, user_id=user_id, is_admin=data.is_admin)
    return _person(user)


@post(
    "/admin/users/{user_id:uuid}/password-reset",
    status_code=202,
    responses=refusals(401, 403, 404),
    security=SIGNED_IN,
)
async def send_password_reset(
    user_id: FromPath[UserId],
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> MailSent:
    """Nobody but the user ever sets a password."""
    await admin.send_password_reset(transaction, tools=tools, visit=visit, actor=administrator, user_id=user_id)
    return MailSent()


@delete("/admin/users/{user_id:uuid}/sessions", status_code=200, responses=refusals(401, 403, 404), security=SIGNED_IN)
async def end_sessions_of(
    user_id: FromPath[UserId],
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Ended:
    return Ended(await admin.end_sessions(transaction, tools=tools, visit=visit, actor=administrator, user_id=user_id))


@delete("/admin/sessions", status_code=200, responses=refusals(401, 403), security=SIGNED_IN)
async def end_all_sessions(
    administrator: NamedDependency[Actor],
    transaction: NamedDependency[AsyncConnection],
    tools: NamedDependency[Tools],
    visit: NamedDependency[Visit],
) -> Ended:
    """Of everybody, but for the one in which this is asked."""
    return Ended(await admin.end_sessions(transaction, tools=tools, visit=visit, actor=administrator, user_id=None))


def _page(items: list[Entry], limit: int) -> Page:
    return Page(items, str(items[-1].id) if len(items) == limit else None)


def _person(user: User) -> Person:
    return Person(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        email_verified=user.email_verified_at is not None,
        is_admin=user.is_admin,
        created_at=user.created_at,
        delete_at=user.delete_at,
    )


ROUTES = [
    show_my_log,
    show_log,
    find_users,
    appoint,
    send_password_reset,
    end_sessions_of,
    end_all_sessions,
]
