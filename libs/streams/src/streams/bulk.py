"""The outbox inside a statement of your own: claim positions, write your rows, publish the events in one round trip.

The statement itself claims each `seq`, so it is not known while the rows are made: a row says how many of the same
statement come after it in its topic, and an event's data are parted where a `seq` is to stand.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from contracts.events import Envelope, Event
from contracts.ids import new_id

PUBLISHING: Final = """
    claimed as (
        insert into topic_heads as head (topic, seq)
        select key, value::bigint from json_each_text($1::text::json) where {provided}
        on conflict (topic) do update set seq = head.seq + excluded.seq
        returning topic, seq
    ), logged as (
        insert into log (id, topic, seq, type, at, trace, audience_seq, data)
        select event.id, event.topic, own.seq - event.offset_from_end, event.type, $3, event.trace, event.audience_seq,
            convert_to(event.before || (embedded.seq - event.embedded_offset) || event.after, 'UTF8')
        from rows from (json_to_recordset($2::text::json) as (id uuid, topic text, offset_from_end bigint, type text,
            trace text, before text, after text, embedded_topic text, embedded_offset bigint, audience_seq bigint))
            with ordinality as event(id, topic, offset_from_end, type, trace, before, after, embedded_topic,
            embedded_offset, audience_seq, number)
        join claimed own on own.topic = event.topic
        join claimed embedded on embedded.topic = event.embedded_topic
        order by event.number
        returning position, id, seq
    )
"""
"""What follows `with`, to be formatted: nothing is published unless what is `provided` holds. `claimed` gives the last
`seq` of each topic to the rest of the statement. Together with `PUBLISHED` it takes `$1` to `$4` (`EventBatch.values`):
parameters of your own begin with `$5`. Rows come as JSON: the driver takes longer over an array for each column.
"""
PUBLISHED: Final = """
    select position, id, seq, (select pg_notify('log_told', current_schema()) where $4::boolean) from logged
"""
"""The end of the statement."""


class Fetch(Protocol):
    """Runs a statement with `$1` parameters in the caller's transaction, or as one, and gives its rows."""

    async def __call__(self, statement: str, *values: object) -> Sequence[RowMapping | Mapping[str, Any]]: ...


class PendingSeq(NamedTuple):
    """A `seq` that is not claimed yet: `offset_from_end` counts those of its statement that follow in the topic."""

    topic: str
    offset_from_end: int


class EventRow(msgspec.Struct, frozen=True):
    """An event on its way into the log; the `seq` that it embeds stands between the two parts of its data."""

    id: UUID
    topic: str
    offset_from_end: int
    type: str
    trace: str
    before: str
    after: str
    embedded_topic: str
    embedded_offset: int
    audience_seq: int | None = None


class Logged(NamedTuple):
    """An event as it stands in the log."""

    position: int
    envelope: Envelope


_encode = msgspec.json.Encoder().encode


def as_json(values: object) -> str:
    """A parameter that is read as JSON."""
    return _encode(values).decode()


class EventBatch:
    """Collects events; `counts` says how many there will be of each topic."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(sorted(counts.items()))
        self._left = dict(counts)
        self.rows: list[EventRow] = []

    def next_seq(self, topic: str) -> PendingSeq:
        """The topic's next one."""
        self._left[topic] -= 1
        return PendingSeq(topic, self._left[topic])

    def publish(
        self, seq: PendingSeq, event: Event, *, embedded: PendingSeq, trace: str, audience_seq: int | None = None
    ) -> None:
        """`event` has a `seq` of 0 in it, where `embedded` belongs. `audience_seq` is as in `Envelope`."""
        before, key, after = as_json(event).partition('"seq":0')  # no text can look so: its quotes are escaped
        row = EventRow(new_id(), *seq, event.TYPE, trace, before + key[:-1], after, *embedded, audience_seq)
        self.rows.append(row)

    def values(self, *, at: datetime, notify: bool) -> tuple[object, ...]:
        """The parameters of `PUBLISHING` and `PUBLISHED`. Heads are locked in topic order, as by `outbox.claim`.
        Without `notify` the committer wakes the relay."""
        return as_json(self._counts), as_json(self.rows), at, notify

    def logged(self, found: Sequence[RowMapping | Mapping[str, Any]], *, at: datetime) -> dict[PendingSeq, Logged]:
        """What was published, in order, from the rows of `PUBLISHED`."""
        by_id = {row["id"]: row for row in found}
        seqs = {PendingSeq(row.topic, row.offset_from_end): int(by_id[row.id]["seq"]) for row in self.rows}
        return {
            pending: Logged(
                by_id[row.id]["position"],
                Envelope(
                    id=row.id,
                    type=row.type,
                    topic=row.topic,
                    seq=seq,
                    at=at,
                    trace=row.trace,
                    audience_seq=row.audience_seq,
                    data=msgspec.Raw(
                        f"{row.before}{seqs[PendingSeq(row.embedded_topic, row.embedded_offset)]}{row.after}".encode()
                    ),
                ),
            )
            for row, (pending, seq) in zip(self.rows, seqs.items(), strict=True)
        }
