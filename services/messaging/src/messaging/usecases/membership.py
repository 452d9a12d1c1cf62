"""Look for members: of a space, or of those who view a channel."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, SpaceId, UserId
from contracts.messaging import Channel, Member, Role
from contracts.problems import FieldError, InvalidInput
from messaging.domain.access import Permission, permissions, user_of
from messaging.domain.paging import Page, bounded, cursor_of
from messaging.settings import Settings
from messaging.store import channels, membership
from messaging.store.membership import Sought, Viewers
from messaging.usecases.entering import enter_channel, enter_space
from streams import log

ADMINS = (Role.OWNER, Role.ADMIN)


class MemberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a list of members; what is None does not matter."""

    search: str | None = None
    role: Role | None = None
    ids: Sequence[UserId] | None = None
    after: UserId | None = None
    limit: int | None = None


class MemberPage(Page[Member], frozen=True, kw_only=True, omit_defaults=True):
    """Members. `member_count` is how many fit the question, on all pages; `seq` is the position of `space:<id>`."""

    items: list[Member]
    member_count: int
    seq: int


async def list_members(
    connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId, query: MemberQuery, limits: Settings
) -> MemberPage:
    """Needs a connection that sees one moment (repeatable read)."""
    await enter_space(connection, space_id, user_id=user_id)
    return await _page(connection, _sought(space_id, query, limits=limits), query, limits=limits)


async def list_viewers(
    connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId, query: MemberQuery, limits: Settings
) -> MemberPage:
    """Those who view the channel. Needs a connection that sees one moment."""
    channel = (await enter_channel(connection, channel_id, user_id=user_id)).channel
    sought = _sought(channel.space_id, query, limits=limits)
    viewers = await _viewers(connection, channel)
    return await _page(connection, msgspec.structs.replace(sought, viewers=viewers), query, limits=limits)


def _sought(space_id: SpaceId, query: MemberQuery, *, limits: Settings) -> Sought:
    search = query.search
    if search is not None and (not 1 <= len(search) <= limits.name_chars_max or "\0" in search):
        raise InvalidInput(errors=[FieldError("search", f"must have 1 to {limits.name_chars_max} characters")])
    return Sought(space_id=space_id, search=search, role=query.role, ids=query.ids)


async def _page(connection: AsyncConnection, sought: Sought, query: MemberQuery, *, limits: Settings) -> MemberPage:
    limit = bounded(query.limit, limits=limits)
    items = await membership.page(connection, sought, after=query.after, limit=limit + 1)
    return MemberPage(
        items=items[:limit],
        next_cursor=cursor_of(items[limit - 1].user.id) if len(items) > limit else None,
        member_count=await membership.count(connection, sought),
        seq=await log.head(connection, f"space:{sought.space_id}"),
    )


async def _viewers(connection: AsyncConnection, channel: Channel) -> Viewers:
    """As `domain.access.permissions` decides it for each: by role, then by name."""
    overrides = await channels.overrides_of(connection, channel.parent_id or channel.id)
    by_subject = {one.subject: one for one in overrides}
    viewing = [
        role
        for role in Role
        if Permission.VIEW
        in permissions(role, private=channel.private, of_role=by_subject.get(f"role:{role}"), of_user=None)
    ]
    named = [(user_of(one.subject), one) for one in overrides]
    return Viewers(
        roles=viewing,
        besides=[who for who, one in named if who is not None and Permission.VIEW in one.allow],
        but=[who for who, one in named if who and Permission.VIEW in one.deny and Permission.VIEW not in one.allow],
        always=ADMINS,
    )
