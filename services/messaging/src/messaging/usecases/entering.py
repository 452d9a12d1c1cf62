"""The first line of most use cases: who asks, and what may they see."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, SpaceId, UserId
from contracts.problems import NotFound
from messaging.domain.access import Access, Membership, Permission
from messaging.store import channels, spaces


async def enter_space(connection: AsyncConnection, space_id: SpaceId, *, user_id: UserId) -> Membership:
    """Raises `NotFound` to who is no member: whether the space exists is not theirs to know."""
    membership = await spaces.membership(connection, space_id, user_id)
    if membership is None:
        raise NotFound
    return membership


async def enter_channel(
    connection: AsyncConnection, channel_id: ChannelId, *, user_id: UserId, needs: Permission = Permission.VIEW
) -> Access:
    """Raises `NotFound` to who may not know of the channel, `Forbidden` to who may see it but not do this."""
    access = await channels.access(connection, channel_id, user_id)
    if access is None:
        raise NotFound
    access.require(needs)
    return access
