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
        select key, value::bigint from json_each_text($1::text::json) where {provided}
        on conflict (topic) do update set seq = head.seq + excluded.seq
        returning topic, seq
    ), logged as (
        insert into log (id, topic, seq, type, at, trace, data)
        select told.id, told.topic, own.seq - told.behind, told.type, $3, told.trace,
            convert_to(told.before || (quoted.seq - told.quoted_behind) || told.after, 'UTF8')
        from rows from (json_to_recordset($2::text::json) as (id uuid, topic text, behind bigint, type text,
            trace text, before text, after text, quoted_topic text, quoted_behind bigint)) with ordinality
            as told(id, topic, behind, type, trace, before, after, quoted_topic, quoted_behind, place)
        join claimed own on own.topic = told.topic
        join claimed quoted on quoted.topic = told.quoted_topic
        order by told.place
        returning position, id, seq
    )
"""
"""What stands behind `with`, to be formatted: nothing is told unless what is `provided` holds. `claimed` gives the last
place of each topic to the rest of the statement. Together with `TOLD` it takes `$1` to `$4` (`Letters.values`):
parameters of your own begin with `$5`. Rows come as JSON: the driver takes longer over an array for each column.
"""
TOLD: Final = """
    select position, id, seq, (select pg_notify('log_told', current_schema()) where $4::boolean) from logged
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
    """An event on its way into the log; the place that it quotes stands between the two parts of its data."""

    id: UUID
    topic: str
    behind: int
    type: str
    trace: str
    before: str
    after: str
    quoted_topic: str
    quoted_behind: int


class Logged(NamedTuple):
    """An event as it stands in the log."""

    position: int
    envelope: Envelope


_encode = msgspec.json.Encoder().encode


def rows(values: object) -> str:
    """A parameter that is read as JSON."""
    return _encode(values).decode()


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
        before, key, after = rows(event).partition('"seq":0')  # no text can look so: its quotes are escaped
        self.lines.append(Line(new_id(), *place, event.TYPE, trace, before + key[:-1], after, *quoted))

    def values(self, *, at: datetime, ring: bool) -> tuple[object, ...]:
        """The parameters of `TELLING` and `TOLD`. Heads are locked in topic order, as `outbox.claim` does; without
        `ring` whoever commits wakes the relay."""
        return rows(self._counts), rows(self.lines), at, ring

    def logged(self, found: Sequence[RowMapping | Mapping[str, Any]], *, at: datetime) -> dict[Place, Logged]:
        """What was told, in order, from the rows of `TOLD`."""
        by_id = {row["id"]: row for row in found}
        seqs = {Place(line.topic, line.behind): int(by_id[line.id]["seq"]) for line in self.lines}
        return {
            place: Logged(
                by_id[line.id]["position"],
                Envelope(
                    id=line.id,
                    type=line.type,
                    topic=line.topic,
                    seq=seq,
                    at=at,
                    trace=line.trace,
                    data=msgspec.Raw(
                        f"{line.before}{seqs[Place(line.quoted_topic, line.quoted_behind)]}{line.after}".encode()
                    ),
                ),
            )
            for line, (place, seq) in zip(self.lines, seqs.items(), strict=True)
        }
