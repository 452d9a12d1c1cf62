"""Read the log: what a client missed, what a topic holds, what is old enough to forget."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import RowMapping, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Envelope, LogPage
from contracts.times import now
from streams import tables

COLUMNS = (
    tables.log.c.id,
    tables.log.c.type,
    tables.log.c.topic,
    tables.log.c.seq,
    tables.log.c.at,
    tables.log.c.trace,
    tables.log.c.data,
    tables.log.c.audience_seq,
)
_HEADS = text("select topic, seq from topic_heads where topic = any(:topics)")


async def head(connection: AsyncConnection, topic: str) -> int:
    """The topic's position; 0 when nothing was ever told."""
    heads = tables.topic_heads
    return await connection.scalar(select(heads.c.seq).where(heads.c.topic == topic)) or 0


async def heads(connection: AsyncConnection, topics: Collection[str]) -> dict[str, int]:
    """The position of each of these topics; 0 where nothing was ever told."""
    rows = await connection.execute(_HEADS, {"topics": list(topics)})
    return dict.fromkeys(topics, 0) | {row.topic: row.seq for row in rows}


async def read(connection: AsyncConnection, topic: str, *, after: int, limit: int) -> LogPage:
    """All that followed `after`, or `reset` when that is more than `limit` or no longer kept: never a part.

    A position ahead of the topic's own (`after` beyond the head) means that the reader knew another history: `reset`.
    """
    seq = await head(connection, topic)
    if after == seq:
        return LogPage(topic=topic, seq=seq)
    if after > seq or seq - after > limit:
        return LogPage(topic=topic, seq=seq, reset=True)
    entries = tables.log
    query = select(*COLUMNS).where(entries.c.topic == topic, entries.c.seq > after, entries.c.seq <= seq)
    rows = (await connection.execute(query.order_by(entries.c.seq))).mappings().all()
    if len(rows) != seq - after:
        return LogPage(topic=topic, seq=seq, reset=True)
    return LogPage(topic=topic, seq=seq, events=tuple(envelope(row) for row in rows))


def envelope(row: RowMapping) -> Envelope:
    return Envelope(
        id=row["id"],
        type=row["type"],
        topic=row["topic"],
        seq=row["seq"],
        at=row["at"],
        trace=row["trace"],
        data=msgspec.Raw(row["data"]),
        audience_seq=row["audience_seq"],
    )


async def forget(connection: AsyncConnection, *, older_than: timedelta, inbox_older_than: timedelta) -> int:
    """Delete sent rows, and what readers remember of events, past their time; unsent rows stay however old. Gives the
    number of log rows."""
    entries = tables.log
    moment: datetime = now()
    gone = await connection.execute(
        delete(entries).where(entries.c.at < moment - older_than, entries.c.sent_at.is_not(None))
    )
    for known in (tables.inbox, tables.applied):
        await connection.execute(delete(known).where(known.c.at < moment - inbox_older_than))
    return gone.rowcount
