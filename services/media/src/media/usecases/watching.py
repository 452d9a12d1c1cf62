"""What the gateway asks: who may watch a topic, and what followed a position in it."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import LogPage
from contracts.ids import SpaceId, UserId
from contracts.problems import NotFound
from media.store import people
from media.usecases.telling import topic_of
from streams import log


async def read_topic(
    connection: AsyncConnection,
    space_id: SpaceId,
    *,
    after: int | None,
    limit: int,
    watchers: frozenset[UserId] | None,
) -> LogPage:
    """Without `after` no events are wanted; without `watchers` those whom media knows may watch.

    Raises `NotFound` for a space in which there is nobody and of which nothing was ever told.
    """
    members = await people.members_of(connection, space_id) if watchers is None else watchers
    topic = topic_of(space_id)
    if after is None:
        page = LogPage(topic=topic, seq=await log.head(connection, topic))
    else:
        page = await log.read(connection, topic, after=after, limit=limit)
    if not members and not page.seq:
        raise NotFound
    return msgspec.structs.replace(page, audience=members, depends_on=f"space:{space_id}")


def space_of(topic: str) -> SpaceId:
    """Raises `NotFound` for what is no topic of ours."""
    try:
        space_id = SpaceId(UUID(topic.removeprefix("recordings:")))
    except ValueError:
        raise NotFound from None
    if topic_of(space_id) != topic:
        raise NotFound
    return space_id
