"""The outbox for whoever tells many events at once: the same two steps, each one statement on any driver."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from contracts.ids import new_id

_CLAIM = """
    insert into topic_heads as head (topic, seq) select * from unnest($1::text[], $2::bigint[])
    on conflict (topic) do update set seq = head.seq + excluded.seq
    returning topic, seq
"""
_APPEND = """
    insert into log (id, topic, seq, type, at, trace, data)
    select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::bytea[])
"""
_APPEND_AND_RING = f"with told as ({_APPEND}) select pg_notify('log_told', current_schema())"


class Fetch(Protocol):
    """Runs a statement with `$1` parameters in the caller's transaction and gives its rows."""

    async def __call__(self, statement: str, *values: object) -> Sequence[RowMapping | Mapping[str, Any]]: ...


class Line(msgspec.Struct, frozen=True):
    """An event as it stands in the log: `seq` claimed in this transaction, `data` encoded already."""

    topic: str
    seq: int
    type: str
    data: bytes
    trace: str = ""


async def claim(fetch: Fetch, counts: Mapping[str, int]) -> dict[str, int]:
    """As `outbox.claim`: the first of `counts[topic]` new places of each topic, heads locked in topic order."""
    topics = sorted(counts)
    rows = await fetch(_CLAIM, topics, [counts[topic] for topic in topics])
    return {row["topic"]: row["seq"] - counts[row["topic"]] + 1 for row in rows}


async def append(fetch: Fetch, lines: Sequence[Line], *, at: datetime, ring: bool) -> None:
    """As `outbox.append`; without `ring` whoever commits wakes the relay."""
    ids: list[UUID] = [new_id() for _ in lines]
    await fetch(
        _APPEND_AND_RING if ring else _APPEND,
        ids,
        [line.topic for line in lines],
        [line.seq for line in lines],
        [line.type for line in lines],
        [at] * len(lines),
        [line.trace for line in lines],
        [line.data for line in lines],
    )
