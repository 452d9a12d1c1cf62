"""Members as they are looked for: by name, role and ids, in a space or among those who view a channel."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, collate, false, func, literal, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from contracts.messaging import Member, Role
from messaging.store.members import member_of, select_members
from messaging.store.tables import members, people


class Viewers(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a space's members views a channel: these roles, but for some people, and some people besides."""

    roles: Sequence[Role]
    besides: Sequence[UserId] = ()
    but: Sequence[UserId] = ()
    always: Sequence[Role] = ()
    """No override takes anything from them."""


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which members are wanted; what is None does not matter. `search` is a part of the name, in any case."""

    space_id: SpaceId
    search: str | None = None
    role: Role | None = None
    ids: Sequence[UserId] | None = None
    viewers: Viewers | None = None


async def page(connection: AsyncConnection, sought: Sought, *, after: UserId | None, limit: int) -> list[Member]:
    """By user id, which is the order in which their accounts were made."""
    query = select_members().where(*_conditions(sought)).order_by(members.c.user_id).limit(limit)
    if after is not None:
        query = query.where(members.c.user_id > after)
    return [member_of(row) for row in await connection.execute(query)]


async def count(connection: AsyncConnection, sought: Sought) -> int:
    query: Select[Any] = select(func.count()).select_from(members)
    if sought.search is not None:
        query = query.join(people, people.c.id == members.c.user_id)
    return int(await connection.scalar(query.where(*_conditions(sought))) or 0)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [members.c.space_id == sought.space_id]
    if sought.search is not None:
        found.append(func.strpos(_folded(people.c.display_name), _folded(literal(sought.search))) > 0)
    if sought.role is not None:
        found.append(members.c.role == sought.role)
    if sought.ids is not None:
        found.append(members.c.user_id.in_(sought.ids))
    if sought.viewers is not None:
        found.append(_views(sought.viewers))
    return found


def _views(viewers: Viewers) -> ColumnElement[bool]:
    by_role = members.c.role.in_(viewers.roles) & (members.c.user_id.not_in(viewers.but) if viewers.but else true())
    besides = members.c.user_id.in_(viewers.besides) if viewers.besides else false()
    return or_(members.c.role.in_(viewers.always), by_role, besides)


def _folded(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Equal for spellings that readers take for the same: by Unicode, not by the database's locale."""
    return func.lower(collate(func.normalize(value, text("NFKC")), "pg_unicode_fast"))
