"""What the gateway asks: who may watch a topic, and what followed a position in it."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import LogPage
from contracts.ids import ChannelId, SpaceId, UserId
from contracts.problems import NotFound
from messaging.domain.access import Permission, permissions_of
from messaging.store import channels, members, spaces
from streams import log

_NONE: Final = frozenset[UserId]()


async def read_topic(
    connection: AsyncConnection, topic: str, *, after: int | None, limit: int, audience: bool
) -> LogPage:
    """Raises `NotFound` for what is no topic of ours. Without `after` no events are wanted. Needs a connection that
    sees one moment.
    """
    depends_on, watchers, readers = await _audience(connection, topic)
    if after is None:
        page = LogPage(topic=topic, seq=await log.head(connection, topic))
    else:
        page = await log.read(connection, topic, after=after, limit=limit)
    return LogPage(
        topic=topic,
        seq=page.seq,
        events=page.events,
        reset=page.reset,
        audience=watchers if audience else None,
        readers=readers if audience else _NONE,
        depends_on=depends_on if audience else None,
        audience_seq=await log.head(connection, depends_on) if audience and depends_on else None,
    )


async def _audience(connection: AsyncConnection, topic: str) -> tuple[str | None, frozenset[UserId], frozenset[UserId]]:
    """The topic whose events may change the audience, the audience, and those of it who may say nothing there."""
    kind, _, name = topic.partition(":")
    try:
        subject = UUID(name)
    except ValueError:
        raise NotFound from None
    if str(subject) != name:
        raise NotFound
    if kind == "user":
        return None, frozenset({UserId(subject)}), _NONE
    if kind == "space":
        if await spaces.find(connection, SpaceId(subject)) is None:
            raise NotFound
        return topic, frozenset(await members.roles(connection, SpaceId(subject))), _NONE
    if kind == "channel":
        channel = await channels.find(connection, ChannelId(subject))
        if channel is None:
            raise NotFound
        roles = await members.roles(connection, channel.space_id)
        overrides = await channels.overrides_of(connection, channel.parent_id or channel.id)
        granted = {
            user_id: permissions_of(user_id, role, private=channel.private, overrides=overrides)
            for user_id, role in roles.items()
        }
        seeing = frozenset(user_id for user_id, may in granted.items() if Permission.VIEW in may)
        is_closed = channel.archived_at is not None
        silent = frozenset(user_id for user_id in seeing if is_closed or Permission.POST not in granted[user_id])
        return f"space:{channel.space_id}", seeing, silent
    raise NotFound
