"""All that a client shows first, of one moment: what follows is told by the topics named here."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from messaging.domain.access import Access
from messaging.domain.values import SpaceSeen
from messaging.settings import Settings
from messaging.store import channels, marks, members
from messaging.store.marks import Unread
from messaging.usecases.channels import ChannelSeen, seen
from messaging.usecases.spaces import list_spaces
from streams import log


class StartSpace(SpaceSeen, frozen=True, kw_only=True):
    """A space with the channels that the reader sees in it, oldest first, without threads."""

    channels: list[ChannelSeen]


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Spaces, followed threads, and what is unread in all of these channels. `seqs` has the position of every topic
    that tells of them: the reader's own, those of the spaces, and those of the channels.
    """

    spaces: list[StartSpace]
    threads: list[ChannelSeen]
    unread: list[Unread]
    seqs: dict[str, int]


async def show_start(connection: AsyncConnection, *, user_id: UserId, limits: Settings) -> Start:
    """Needs a connection that sees one moment (repeatable read)."""
    spaces = await list_spaces(connection, user_id=user_id, limits=limits)
    joined = {one.space_id: one.joined_at for one in await members.of_person(connection, user_id)}
    visible = await channels.visible(connection, [one.id for one in spaces], user_id, threads="followed")
    unread = await marks.unread(
        connection,
        [(access, joined[access.channel.space_id]) for access in visible],
        user_id=user_id,
        most=limits.unread_count_max,
    )
    by_space: dict[SpaceId, list[ChannelSeen]] = {one.id: [] for one in spaces}
    for access in visible:
        if access.channel.parent_id is None:
            by_space[access.channel.space_id].append(seen(access))
    return Start(
        spaces=[StartSpace(channels=by_space[one.id], **msgspec.structs.asdict(one)) for one in spaces],
        threads=[seen(access) for access in visible if access.channel.parent_id is not None],
        unread=unread,
        seqs=await log.heads(connection, _topics(user_id, [one.id for one in spaces], visible)),
    )


def _topics(user_id: UserId, space_ids: list[SpaceId], visible: list[Access]) -> set[str]:
    of_channels = (f"channel:{access.channel.id}" for access in visible)
    return {f"user:{user_id}", *(f"space:{one}" for one in space_ids), *of_channels}
