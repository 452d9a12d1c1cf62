"""Invites: make, list, revoke, and join by one."""

import secrets
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Profile
from contracts.ids import SpaceId, UserId
from contracts.messaging import MemberJoined, MessageKind, Role
from contracts.problems import FieldError, InvalidInput, NotFound
from messaging.domain.access import Permission
from messaging.domain.invites import Banned, Invite, InviteEnded
from messaging.domain.values import SpaceSeen, check_room, seen
from messaging.settings import Settings
from messaging.store import audit, channels, members, people, spaces
from messaging.usecases.announcing import announce
from messaging.usecases.entering import enter_space
from messaging.usecases.spaces import found
from streams.outbox import publish

CODE_BYTES = 9


class InviteWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`expires_in` in seconds; without, some days. `max_uses` null: any number."""

    expires_in: int | None = None
    max_uses: int | None = None


class InvitedSpace(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a space as an invite shows."""

    id: SpaceId
    name: str
    member_count: int


class InvitePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What an invite leads to, before it is accepted; `member`: its reader belongs to the space already."""

    code: str
    space: InvitedSpace
    inviter: Profile
    expires_at: datetime
    member: bool


async def preview_invite(
    connection: AsyncConnection, code: str, *, user_id: UserId | None, at: datetime
) -> InvitePreview:
    """For whoever has the code, signed in or not. Refuses as accepting it would."""
    invite = await members.find_invite(connection, code)
    space = None if invite is None else await spaces.find(connection, invite.space_id)
    if invite is None or space is None:
        raise NotFound
    is_member = user_id is not None and await spaces.membership(connection, space.id, user_id) is not None
    if not is_member:
        if user_id is not None and await members.banned(connection, space.id, user_id):
            raise Banned
        if space.archived_at is not None:
            raise InviteEnded
        invite.check_open(at)
    known = await people.find(connection, [invite.created_by])
    return InvitePreview(
        code=code,
        space=InvitedSpace(id=space.id, name=space.name, member_count=await members.count(connection, space.id)),
        inviter=known.get(invite.created_by) or people.profile_of(invite.created_by, None, None),
        expires_at=invite.expires_at,
        member=is_member,
    )


async def create_invite(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    user_id: UserId,
    wanted: InviteWanted,
    at: datetime,
    limits: Settings,
) -> Invite:
    await found(connection, space_id, lock=True)
    membership = await enter_space(connection, space_id, user_id=user_id)
    membership.require(Permission.INVITE)
    membership.require_open()
    seconds = wanted.expires_in if wanted.expires_in is not None else limits.invite_days_default * 86_400
    if not 1 <= seconds <= limits.invite_days_max * 86_400:
        raise InvalidInput(errors=[FieldError("/expires_in", f"must be between 1 s and {limits.invite_days_max} days")])
    if wanted.max_uses is not None and not 1 <= wanted.max_uses <= limits.invite_uses_max:
        raise InvalidInput(errors=[FieldError("/max_uses", f"must be between 1 and {limits.invite_uses_max}")])
    count = len(await members.open_invites(connection, space_id, at=at))
    check_room(count, limit=limits.invites_per_space_max, what="open invites per space")
    invite = Invite(
        code=secrets.token_urlsafe(CODE_BYTES),
        space_id=space_id,
        created_by=user_id,
        created_at=at,
        expires_at=at + timedelta(seconds=seconds),
        max_uses=wanted.max_uses,
    )
    await members.add_invite(connection, invite)
    await audit.write(
        connection, space_id, actor_id=user_id, action="invite.created", target=invite.code, after=invite, at=at
    )
    return invite


async def list_invites(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, at: datetime
) -> list[Invite]:
    """Everybody sees their own; who manages members sees all."""
    membership = await enter_space(connection, space_id, user_id=user_id)
    invites = await members.open_invites(connection, space_id, at=at)
    return [one for one in invites if one.created_by == user_id or membership.may(Permission.MANAGE_MEMBERS)]


async def revoke_invite(connection: AsyncConnection, code: str, *, user_id: UserId, at: datetime) -> None:
    invite = await members.find_invite(connection, code, lock=True)
    if invite is None:
        raise NotFound
    membership = await enter_space(connection, invite.space_id, user_id=user_id)
    if invite.created_by != user_id:
        membership.require(Permission.MANAGE_MEMBERS)
    if invite.revoked_at is not None:
        return
    revoked = msgspec.structs.replace(invite, revoked_at=at)
    await members.save_invite(connection, revoked)
    await audit.write(
        connection,
        invite.space_id,
        actor_id=user_id,
        action="invite.revoked",
        target=code,
        before=invite,
        after=revoked,
        at=at,
    )


async def accept_invite(
    connection: AsyncConnection, code: str, *, person: Profile, at: datetime, limits: Settings
) -> SpaceSeen:
    """Who is a member already keeps their role, and the invite keeps its use."""
    invite = await members.find_invite(connection, code, lock=True)
    space = None if invite is None else await spaces.find(connection, invite.space_id, lock=True)
    if invite is None or space is None:
        raise NotFound
    membership = await spaces.membership(connection, space.id, person.id)
    if membership is not None:
        return seen(space, membership.role, limits=limits)
    if await members.banned(connection, space.id, person.id):
        raise Banned
    if space.archived_at is not None:
        raise InviteEnded
    check_room(await spaces.count_of_person(connection, person.id), limit=limits.spaces_per_person_max, what="spaces")
    check_room(await members.count(connection, space.id), limit=limits.members_per_space_max, what="members")
    await members.save_invite(connection, invite.used(at))
    await people.keep_if_new(connection, person)
    await members.add(connection, space.id, person.id, role=Role.MEMBER, at=at)
    profile = (await people.find(connection, [person.id]))[person.id]
    topic = f"space:{space.id}"
    joined = MemberJoined(space_id=space.id, user=profile, role=Role.MEMBER, joined_at=at)
    welcome = None if space.welcome_channel_id is None else await channels.find(connection, space.welcome_channel_id)
    if welcome is None or welcome.archived_at is not None:
        await publish(connection, topic, joined)
    else:
        await announce(
            connection,
            welcome,
            author=profile,
            kind=MessageKind.MEMBER_JOINED,
            at=at,
            along=[(topic, joined)],
        )
    return seen(space, Role.MEMBER, limits=limits)
