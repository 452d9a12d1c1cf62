"""The outbox inside a statement of your own: claim places, write your rows, tell the events in one round trip.

Places are claimed by the statement itself, so whoever writes it does not know them yet: rows say how many of the same
statement come after them in their topic, and an event's data are parted where a place is to stand.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from contracts.events import Envelope, Event
from contracts.ids import new_id

TELLING: Final = """
    claimed as (
        insert into topic_heads as head (topic, seq)
        select * from unnest($1::text[], $2::bigint[]) where {provided}
        on conflict (topic) do update set seq = head.seq + excluded.seq
        returning topic, seq
    ), logged as (
        insert into log (id, topic, seq, type, at, trace, data)
        select told.id, told.topic, own.seq - told.behind, told.type, $12, told.trace,
            told.before || convert_to((quoted.seq - told.quoted_behind)::text, 'UTF8') || told.after
        from unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[], $9::bytea[],
            $10::text[], $11::bigint[]) with ordinality
            as told(id, topic, behind, type, trace, before, after, quoted_topic, quoted_behind, place)
        join claimed own on own.topic = told.topic
        join claimed quoted on quoted.topic = told.quoted_topic
        order by told.place
        returning position, id, seq
    )
"""
"""What stands behind `with`, to be formatted: nothing is told unless what is `provided` holds. `claimed` gives the last
place of each topic to the rest of the statement. Together with `TOLD` it takes `$1` to `$13` (`Letters.values`):
parameters of your own begin with `$14`."""
TOLD: Final = """
    select position, id, seq, (select pg_notify('log_told', current_schema()) where $13::boolean) from logged
"""
"""The end of the statement."""


class Fetch(Protocol):
    """Runs a statement with `$1` parameters in the caller's transaction, or as one, and gives its rows."""

    async def __call__(self, statement: str, *values: object) -> Sequence[RowMapping | Mapping[str, Any]]: ...


class Place(NamedTuple):
    """A place that is not claimed yet: `behind` counts those of the same statement that follow it in the topic."""

    topic: str
    behind: int


class Line(msgspec.Struct, frozen=True):
    """An event on its way into the log; the place `quoted` stands between the two parts of its data."""

    id: UUID
    place: Place
    type: str
    trace: str
    before: bytes
    after: bytes
    quoted: Place


class Logged(NamedTuple):
    """An event as it stands in the log."""

    position: int
    envelope: Envelope


_encode = msgspec.json.Encoder().encode


class Letters:
    """Collects events; `counts` says how many there will be of each topic."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(sorted(counts.items()))
        self._left = dict(counts)
        self.lines: list[Line] = []

    def place(self, topic: str) -> Place:
        """The topic's next one."""
        self._left[topic] -= 1
        return Place(topic, self._left[topic])

    def tell(self, place: Place, event: Event, *, quoted: Place, trace: str) -> None:
        """`event` has a `seq` of 0 in it, where the place `quoted` belongs."""
        before, key, after = _encode(event).partition(b'"seq":0')  # no text can look so: its quotes are escaped
        self.lines.append(Line(new_id(), place, event.TYPE, trace, before + key[:-1], after, quoted))

    def values(self, *, at: datetime, ring: bool) -> tuple[object, ...]:
        """The parameters of `TELLING` and `TOLD`. Heads are locked in topic order, as `outbox.claim` does; without
        `ring` whoever commits wakes the relay."""
        lines = self.lines
        return (
            list(self._counts),
            list(self._counts.values()),
            [line.id for line in lines],
            [line.place.topic for line in lines],
            [line.place.behind for line in lines],
            [line.type for line in lines],
            [line.trace for line in lines],
            [line.before for line in lines],
            [line.after for line in lines],
            [line.quoted.topic for line in lines],
            [line.quoted.behind for line in lines],
            at,
            ring,
        )

    def logged(self, rows: Sequence[RowMapping | Mapping[str, Any]], *, at: datetime) -> dict[Place, Logged]:
        """What was told, in order, from the rows of `TOLD`."""
        found = {row["id"]: row for row in rows}
        seqs = {line.place: int(found[line.id]["seq"]) for line in self.lines}
        return {
            line.place: Logged(
                found[line.id]["position"],
                Envelope(
                    id=line.id,
                    type=line.type,
                    topic=line.place.topic,
                    seq=seqs[line.place],
                    at=at,
                    trace=line.trace,
                    data=msgspec.Raw(b"%b%d%b" % (line.before, seqs[line.quoted], line.after)),
                ),
            )
            for line in self.lines
        }
