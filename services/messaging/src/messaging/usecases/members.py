"""Members: list, change roles, leave, remove, ban."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import SpaceId, UserId
from contracts.messaging import Member, MemberLeft, MemberUpdated, Role
from contracts.problems import Conflict, FieldError, InvalidInput, NotFound
from messaging.domain.access import Membership, Permission
from messaging.domain.paging import Page, cursor_of
from messaging.domain.values import check_room, check_text
from messaging.settings import Settings
from messaging.store import audit, members, people
from messaging.store.members import Ban
from messaging.usecases.entering import enter_space
from messaging.usecases.spaces import found
from streams.outbox import publish


class BanPage(Page[Ban], frozen=True, kw_only=True, omit_defaults=True):
    """Bans, with the profiles of all that they name."""

    items: list[Ban]
    people: dict[UserId, Profile]


class OwnerStays(Conflict):
    code, title = "owner_stays", "Transfer or delete the space before you leave it"


async def show_member(connection: AsyncConnection, space_id: SpaceId, member_id: UserId, *, user_id: UserId) -> Member:
    await enter_space(connection, space_id, user_id=user_id)
    return await _member(connection, space_id, member_id)


async def _member(connection: AsyncConnection, space_id: SpaceId, member_id: UserId) -> Member:
    member = await members.find(connection, space_id, member_id)
    if member is None:
        raise NotFound
    return member


async def set_role(
    connection: AsyncConnection, space_id: SpaceId, member_id: UserId, *, user_id: UserId, role: Role, at: datetime
) -> Member:
    """Only for members below one's own role, and only to roles below it; ownership is handed over instead."""
    await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.MANAGE_MEMBERS)
    before = await _member(connection, space_id, member_id)
    membership.require_above(before.role)
    membership.require_above(role)
    if role == before.role:
        return before
    after = msgspec.structs.replace(before, role=role)
    await members.set_role(connection, space_id, member_id, role=role)
    await audit.write(
        connection,
        space_id,
        actor_id=user_id,
        action="member.role_changed",
        target=member_id,
        before=before,
        after=after,
        at=at,
    )
    await publish(connection, f"space:{space_id}", MemberUpdated(**msgspec.structs.asdict(after)))
    return after


async def remove_member(
    connection: AsyncConnection, space_id: SpaceId, member_id: UserId, *, user_id: UserId, at: datetime
) -> None:
    """Oneself: leave. Somebody else: needs a higher role than theirs."""
    await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    if member_id == user_id:
        if membership.role is Role.OWNER:
            raise OwnerStays
    else:
        await _require_power(connection, membership, member_id)
        gone = await _member(connection, space_id, member_id)
        await audit.write(
            connection,
            space_id,
            actor_id=user_id,
            action="member.removed",
            target=member_id,
            before=gone,
            at=at,
        )
    await members.remove(connection, space_id, member_id)
    await publish(connection, f"space:{space_id}", MemberLeft(space_id=space_id, user_id=member_id))


async def _require_power(connection: AsyncConnection, membership: Membership, member_id: UserId) -> None:
    membership.require(Permission.REMOVE_MEMBERS)
    other = await members.find(connection, membership.space_id, member_id)
    if other is not None:
        membership.require_above(other.role)


async def ban_member(
    connection: AsyncConnection,
    space_id: SpaceId,
    member_id: UserId,
    *,
    user_id: UserId,
    reason: str,
    at: datetime,
    limits: Settings,
) -> None:
    """Remove them, if they are there, and let no invite bring them back."""
    check_text(reason, pointer="/reason", chars_max=limits.reason_chars_max)
    await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    if member_id == user_id:
        raise InvalidInput(errors=[FieldError("user_id", "is yourself")])
    await _require_power(connection, membership, member_id)
    ban = Ban(user_id=member_id, banned_by=user_id, reason=reason, at=at)
    check_room(await members.ban_count(connection, space_id), limit=limits.bans_per_space_max, what="bans")
    if not await members.ban(connection, space_id, ban):
        return
    await audit.write(
        connection, space_id, actor_id=user_id, action="member.banned", target=member_id, after=ban, at=at
    )
    if await members.remove(connection, space_id, member_id):
        await publish(connection, f"space:{space_id}", MemberLeft(space_id=space_id, user_id=member_id))


async def unban_member(
    connection: AsyncConnection, space_id: SpaceId, member_id: UserId, *, user_id: UserId, at: datetime
) -> None:
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.REMOVE_MEMBERS)
    lifted = await members.unban(connection, space_id, member_id)
    if lifted is not None:
        await audit.write(
            connection, space_id, actor_id=user_id, action="member.unbanned", target=member_id, before=lifted, at=at
        )


async def list_bans(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, after: UserId | None, limit: int
) -> BanPage:
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.REMOVE_MEMBERS)
    items = await members.ban_page(connection, space_id, after=after, limit=limit + 1)
    more = cursor_of(items[limit - 1].user_id) if len(items) > limit else None
    named = {one for ban in items[:limit] for one in (ban.user_id, ban.banned_by)}
    return BanPage(items=items[:limit], next_cursor=more, people=await people.find(connection, list(named)))


async def list_roles(connection: AsyncConnection, space_id: SpaceId) -> dict[UserId, Role]:
    """For services: everybody in the space."""
    await found(connection, space_id)
    return await members.roles(connection, space_id)
