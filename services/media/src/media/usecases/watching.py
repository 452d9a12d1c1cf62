"""What the gateway asks: who may watch a topic, and what followed a position in it."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import LogPage
from contracts.ids import SpaceId
from contracts.problems import NotFound
from media.store import people
from media.usecases.telling import topic_of
from streams import log


async def read_topic(
    connection: AsyncConnection, topic: str, *, after: int | None, limit: int, audience: bool
) -> LogPage:
    """Raises `NotFound` for what is no topic of ours. Without `after` no events are wanted."""
    space_id = _space_of(topic)
    members = await people.members_of(connection, space_id)
    if not members:
        raise NotFound
    if after is None:
        page = LogPage(topic=topic, seq=await log.head(connection, topic))
    else:
        page = await log.read(connection, topic, after=after, limit=limit)
    if not audience:
        return page
    return msgspec.structs.replace(page, audience=members, depends_on=f"space:{space_id}")


def _space_of(topic: str) -> SpaceId:
    try:
        space_id = SpaceId(UUID(topic.removeprefix("recordings:")))
    except ValueError:
        raise NotFound from None
    if topic_of(space_id) != topic:
        raise NotFound
    return space_id
