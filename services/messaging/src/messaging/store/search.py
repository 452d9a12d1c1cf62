"""Full-text search: per channel from the newest down, so that a page costs the same in a channel of any size."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import ChannelId, MessageId, SpaceId, UserId

DEPTH: Final = 2000
"""So many messages are looked at, over all channels, before the index of words is asked."""

_SHOWN = """
    select found.channel_id, found.id,
        ts_headline('simple', found.content, websearch_to_tsquery('simple', :words), :marks) as snippet
    from ({found}) found order by found.id desc
"""
_COLUMNS = "channel_id, id, content"
_FILTERED = """
    select newest.* from unnest(cast(:channels as uuid[])) as channel(id)
    cross join lateral (
        select {columns} from messages
        where channel_id = channel.id and kind = 'text' and deleted_at is null {below} {conditions}
        order by messages.id desc limit :count
    ) newest
    order by newest.id desc limit :count
"""
"""Without words: each channel by whichever index finds what is asked for."""
_RECENT = """
    select newest.* from unnest(cast(:channels as uuid[])) as channel(id)
    cross join lateral (
        select {columns} from (
            select * from messages where channel_id = channel.id {below} order by messages.id desc limit :depth
        ) messages
        where kind = 'text' and deleted_at is null {conditions}
        order by messages.id desc limit :count
    ) newest
    order by newest.id desc limit :count
"""
"""Down each channel from its newest message, `depth` messages far: finds what is common at once."""
_ANYWHERE = """
    select {columns} from messages
    where channel_id = any(:channels) and kind = 'text' and deleted_at is null {below} {conditions}
    order by messages.id::text desc limit :count
"""
"""By the index of words, which ordering by id itself would tempt the planner away from: finds what is rare."""
_CONDITIONS: Final = {
    "words": "and words @@ websearch_to_tsquery('simple', :words)",
    "authors": "and author_id = any(:authors)",
    "before": "and created_at < :before",
    "after": "and created_at >= :after",
}
_HAS: Final = {
    "attachment": "and attachments <> '{}'",
    "link": "and content ~* 'https?://'",
    "mention": "and mentions <> '{}'",
    "moment": "and at_ms is not null",
    "pin": "and pinned_at is not null",
    "reply": "and reply_to is not null",
    "thread": "and exists (select from channels thread where thread.parent_message_id = messages.id"
    " and thread.deleted_at is null)",
}
BEGIN: Final = "\x02"
END: Final = "\x03"
_MARKS: Final = f"StartSel={BEGIN},StopSel={END},MaxWords=35,MinWords=15"
_PLAN_FOR_THESE_WORDS = text("set local plan_cache_mode = force_custom_plan")
"""The plan for one word is not the plan for another."""
_SECONDS_MAX = text("select set_config('statement_timeout', :limit, true)")
_PEOPLE = text("""
    select distinct member.user_id from members member join people person on person.id = member.user_id
    where member.space_id = any(:spaces) and lower(person.display_name) = any(:names)
""")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A search that may be run: `channels` are those that the reader sees."""

    channels: Sequence[ChannelId]
    words: str = ""
    authors: Sequence[UserId] | None = None
    before: datetime | None = None
    after: datetime | None = None
    has: frozenset[str] = frozenset()
    below: UUID | None = None
    count: int


class Found(msgspec.Struct, frozen=True):
    """`snippet` has the marks `BEGIN` and `END` around what matched."""

    channel_id: ChannelId
    message_id: MessageId
    snippet: str


async def find(connection: AsyncConnection, wanted: Wanted, *, seconds_max: float) -> list[Found]:
    """Newest first. What takes longer than `seconds_max` fails as an outage does."""
    depth = DEPTH // max(1, len(wanted.channels)) if wanted.words else None
    await connection.execute(_SECONDS_MAX, {"limit": str(int(seconds_max * 1000))})
    if depth is None:
        return await _run(connection, _FILTERED, wanted, depth=None)
    found = await _run(connection, _RECENT, wanted, depth=depth)
    if len(found) >= wanted.count:
        return found
    return await _run(connection, _ANYWHERE, wanted, depth=depth)


async def _run(connection: AsyncConnection, query: str, wanted: Wanted, *, depth: int | None) -> list[Found]:
    values: dict[str, Any] = {
        "channels": list(wanted.channels),
        "words": wanted.words,
        "marks": _MARKS,
        "count": wanted.count,
        "depth": depth,
        "below": wanted.below,
    }
    conditions = [_HAS[one] for one in sorted(wanted.has)]
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None and value != "":
            conditions.append(condition)
            values[name] = list(value) if name == "authors" else value
    below = "" if wanted.below is None else "and messages.id < :below"
    found = query.format(columns=_COLUMNS, below=below, conditions=" ".join(conditions))
    await connection.execute(_PLAN_FOR_THESE_WORDS)
    rows = await connection.execute(text(_SHOWN.format(found=found)), values)
    return [Found(row.channel_id, row.id, row.snippet) for row in rows]


async def people_named(connection: AsyncConnection, space_ids: Sequence[SpaceId], names: Sequence[str]) -> list[UserId]:
    """Members of these spaces with one of these names, in any case."""
    wanted = {"spaces": list(space_ids), "names": [name.lower() for name in names]}
    return [row.user_id for row in await connection.execute(_PEOPLE, wanted)]
