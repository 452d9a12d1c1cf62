"""Publish events in the same transaction as the change they report: outbox = log."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Event
from contracts.ids import new_id
from contracts.times import now
from streams import log, tables
from streams.tracing import traceparent

_CLAIM = text("""
    insert into topic_heads as head (topic, seq) values (:topic, :count)
    on conflict (topic) do update set seq = head.seq + excluded.seq
    returning seq
""")
_NOTIFY = text("select pg_notify('log_told', current_schema())")


class OutboxEvent(msgspec.Struct, frozen=True):
    """An event with its position: `seq` must have been claimed in this transaction."""

    topic: str
    seq: int
    event: Event
    at: datetime | None = None


async def claim(connection: AsyncConnection, counts: Mapping[str, int]) -> dict[str, int]:
    """Take the next `counts[topic]` positions of each topic; gives the first of each.

    The heads stay locked until the transaction ends, so positions have no gap and become visible in order. They are
    locked in topic order, so two writers of several topics cannot wait for each other for ever.
    """
    firsts: dict[str, int] = {}
    for topic in sorted(counts):
        last = await connection.scalar(_CLAIM, {"topic": topic, "count": counts[topic]})
        firsts[topic] = int(last or 0) - counts[topic] + 1
    return firsts


async def append(connection: AsyncConnection, events: Sequence[OutboxEvent], *, decided_by: str | None = None) -> None:
    """Write events at claimed positions, and notify the relay when the transaction commits.

    `decided_by` is the topic whose events change who may see these: what this transaction publishes there counts.
    """
    at, trace = now(), traceparent()
    audience_seq = None if decided_by is None else await log.head(connection, decided_by)
    rows = [
        {
            "id": new_id(),
            "topic": one.topic,
            "seq": one.seq,
            "type": one.event.TYPE,
            "at": one.at or at,
            "trace": trace,
            "data": msgspec.json.encode(one.event),
            "audience_seq": None if one.topic == decided_by else audience_seq,
        }
        for one in events
    ]
    await connection.execute(insert(tables.log), rows)
    await connection.execute(_NOTIFY)


async def publish_all(
    connection: AsyncConnection, events: Sequence[tuple[str, Event]], *, decided_by: str | None = None
) -> list[int]:
    """Publish several events, each on its topic; gives their `seq` in the order given."""
    counts: dict[str, int] = {}
    for topic, _ in events:
        counts[topic] = counts.get(topic, 0) + 1
    following = await claim(connection, counts)
    placed: list[OutboxEvent] = []
    for topic, event in events:
        placed.append(OutboxEvent(topic, following[topic], event))
        following[topic] += 1
    await append(connection, placed, decided_by=decided_by)
    return [one.seq for one in placed]


async def publish(connection: AsyncConnection, topic: str, event: Event, *, decided_by: str | None = None) -> int:
    """Publish one event; gives its `seq` in the topic."""
    return (await publish_all(connection, [(topic, event)], decided_by=decided_by))[0]
