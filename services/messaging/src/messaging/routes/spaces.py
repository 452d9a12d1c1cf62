"""Spaces, invites, members, bans, the audit log."""

from collections.abc import Sequence

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.answers import answers, repeated
from chassis.idempotency import Once
from chassis.tokens import Caller
from contracts.auth import Profile
from contracts.ids import SpaceId, UserId
from contracts.messaging import Member, Role
from contracts.times import now
from messaging.domain.invites import Invite
from messaging.domain.paging import bounded, id_of
from messaging.domain.values import SpaceSeen
from messaging.settings import Settings
from messaging.usecases import auditing, invites, members, spaces
from messaging.usecases.auditing import EntryPage
from messaging.usecases.invites import InvitePreview, InviteWanted
from messaging.usecases.members import BanPage
from messaging.usecases.spaces import SpaceChange, SpaceDetail


class SpaceWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class NewOwner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_id: UserId


class NewRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: Role


class BanWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


def profile(caller: Caller) -> Profile:
    return Profile(id=caller.user_id, display_name=caller.name)


@post("/api/v1/spaces", responses=answers(400, 409) | repeated(SpaceSeen))
async def create_space(
    data: JSONBody[SpaceWanted],
    caller: NamedDependency[Caller],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> Response[SpaceSeen]:
    """The creator owns the space; a channel `general` is there."""
    return await once.answer(
        transaction,
        caller=caller.user_id,
        wanted=data,
        make=lambda: spaces.create_space(transaction, creator=profile(caller), name=data.name, at=now(), limits=limits),
    )


@get("/api/v1/spaces", responses=answers(), acting="messaging.spaces_listed")
async def list_spaces(
    caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection], limits: NamedDependency[Settings]
) -> Sequence[SpaceSeen]:
    """The caller's own."""
    return await spaces.list_spaces(transaction, user_id=caller.user_id, limits=limits)


@get("/api/v1/spaces/{space_id:uuid}", responses=answers(404))
async def show_space(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> SpaceDetail:
    return await spaces.show_space(transaction, space_id, user_id=caller.user_id, limits=limits)


@patch("/api/v1/spaces/{space_id:uuid}", responses=answers(400, 403, 404, 409), acting="messaging.space_changed")
async def change_space(
    space_id: FromPath[SpaceId],
    data: JSONBody[SpaceChange],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    manages_guild: NamedDependency[str | None],
) -> SpaceSeen:
    """A Discord server is linked from Discord, by `/space link`: only there it is known who may manage it."""
    return await spaces.change_space(
        transaction,
        space_id,
        user_id=caller.user_id,
        change=data,
        manages_guild=manages_guild,
        at=now(),
        limits=limits,
    )


@delete("/api/v1/spaces/{space_id:uuid}", responses=answers(403, 404))
async def delete_space(
    space_id: FromPath[SpaceId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> None:
    await spaces.delete_space(transaction, space_id, user_id=caller.user_id, at=now())


@post("/api/v1/spaces/{space_id:uuid}/transfer", status_code=200, responses=answers(400, 403, 404))
async def transfer_space(
    space_id: FromPath[SpaceId],
    data: JSONBody[NewOwner],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> SpaceSeen:
    """Another member becomes the owner; the caller stays as an admin."""
    return await spaces.transfer_space(
        transaction, space_id, user_id=caller.user_id, to=data.user_id, at=now(), limits=limits
    )


@get("/api/v1/spaces/{space_id:uuid}/audit", responses=answers(400, 403, 404))
async def list_audit(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    before: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> EntryPage:
    """Newest first; `next_cursor` goes on as `before`."""
    return await auditing.list_audit(
        transaction,
        space_id,
        user_id=caller.user_id,
        before=None if before is None else id_of(before, parameter="before"),
        limit=bounded(limit, limits=limits),
    )


@post("/api/v1/spaces/{space_id:uuid}/invites", responses=answers(400, 403, 404, 409) | repeated(Invite))
async def create_invite(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    data: JSONBody[InviteWanted | None] = None,
) -> Response[Invite]:
    wanted = data or InviteWanted()
    return await once.answer(
        transaction,
        caller=caller.user_id,
        wanted=wanted,
        make=lambda: invites.create_invite(
            transaction, space_id, user_id=caller.user_id, wanted=wanted, at=now(), limits=limits
        ),
    )


@get("/api/v1/spaces/{space_id:uuid}/invites", responses=answers(404))
async def list_invites(
    space_id: FromPath[SpaceId], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> Sequence[Invite]:
    """Those that can still be used: the caller's own, all of them for admins."""
    return await invites.list_invites(transaction, space_id, user_id=caller.user_id, at=now())


@get("/api/v1/invites/{code:str}", responses=answers(403, 404, 410), security=[{}, {"bearer": []}])
async def preview_invite(
    code: FromPath[str],
    visitor: NamedDependency[Caller | None],
    snapshot: NamedDependency[AsyncConnection],
) -> InvitePreview:
    """Needs no token; with one it says whether the caller is a member, or banned."""
    user_id = None if visitor is None else visitor.user_id
    return await invites.preview_invite(snapshot, code, user_id=user_id, at=now())


@delete("/api/v1/invites/{code:str}", responses=answers(403, 404))
async def revoke_invite(
    code: FromPath[str], caller: NamedDependency[Caller], transaction: NamedDependency[AsyncConnection]
) -> None:
    await invites.revoke_invite(transaction, code, user_id=caller.user_id, at=now())


@post("/api/v1/invites/{code:str}/accept", status_code=200, responses=answers(403, 404, 409, 410))
async def accept_invite(
    code: FromPath[str],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
) -> SpaceSeen:
    return await invites.accept_invite(transaction, code, person=profile(caller), at=now(), limits=limits)


@get("/api/v1/spaces/{space_id:uuid}/members/{member_id:uuid}", responses=answers(404))
async def show_member(
    space_id: FromPath[SpaceId],
    member_id: FromPath[UserId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> Member:
    return await members.show_member(transaction, space_id, member_id, user_id=caller.user_id)


@patch("/api/v1/spaces/{space_id:uuid}/members/{member_id:uuid}", responses=answers(400, 403, 404))
async def set_role(
    space_id: FromPath[SpaceId],
    member_id: FromPath[UserId],
    data: JSONBody[NewRole],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> Member:
    return await members.set_role(transaction, space_id, member_id, user_id=caller.user_id, role=data.role, at=now())


@delete("/api/v1/spaces/{space_id:uuid}/members/{member_id:uuid}", responses=answers(403, 404, 409))
async def remove_member(
    space_id: FromPath[SpaceId],
    member_id: FromPath[UserId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> None:
    """Oneself: leave."""
    await members.remove_member(transaction, space_id, member_id, user_id=caller.user_id, at=now())


@get("/api/v1/spaces/{space_id:uuid}/bans", responses=answers(400, 403, 404))
async def list_bans(
    space_id: FromPath[SpaceId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    after: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> BanPage:
    return await members.list_bans(
        transaction,
        space_id,
        user_id=caller.user_id,
        after=None if after is None else UserId(id_of(after, parameter="after")),
        limit=bounded(limit, limits=limits),
    )


@put("/api/v1/spaces/{space_id:uuid}/bans/{member_id:uuid}", status_code=204, responses=answers(400, 403, 404, 409))
async def ban_member(
    space_id: FromPath[SpaceId],
    member_id: FromPath[UserId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
    limits: NamedDependency[Settings],
    data: JSONBody[BanWanted | None] = None,
) -> None:
    await members.ban_member(
        transaction,
        space_id,
        member_id,
        user_id=caller.user_id,
        reason=(data or BanWanted()).reason,
        at=now(),
        limits=limits,
    )


@delete("/api/v1/spaces/{space_id:uuid}/bans/{member_id:uuid}", responses=answers(403, 404))
async def unban_member(
    space_id: FromPath[SpaceId],
    member_id: FromPath[UserId],
    caller: NamedDependency[Caller],
    transaction: NamedDependency[AsyncConnection],
) -> None:
    await members.unban_member(transaction, space_id, member_id, user_id=caller.user_id, at=now())


router = Router(
    "/",
    route_handlers=[
        create_space,
        list_spaces,
        show_space,
        change_space,
        delete_space,
        transfer_space,
        list_audit,
        create_invite,
        list_invites,
        preview_invite,
        revoke_invite,
        accept_invite,
        show_member,
        set_role,
        remove_member,
        list_bans,
        ban_member,
        unban_member,
    ],
    tags=["spaces"],
)
