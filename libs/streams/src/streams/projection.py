"""Projections: what a service keeps of other services' events, never older than what it has applied already.

Two copies of a consumer group handle the events of one topic in any order, and every rolling release has two. So each
handler names the row that its event writes; the `seq` that a row has seen is kept, also when the row itself is gone.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Envelope, Event
from contracts.times import now
from streams.tables import applied

log = structlog.get_logger()

EventT = TypeVar("EventT", bound=Event)
Handler = Callable[[AsyncConnection, EventT], Awaitable[None]]
Row = Callable[[EventT], str | None]

WHOLE: Final = ""


def whole_topic(_: Event) -> str:
    """For an event about all that its topic tells of, such as its end: nothing older is applied after it."""
    return WHOLE


def in_any_order(_: Event) -> None:
    """For an event whose effect is the same whatever was applied before it."""


class _Known(NamedTuple):
    decoder: msgspec.json.Decoder[Any]
    row: Row[Any]
    handler: Handler[Any]


class Projection:
    """What a service writes when it hears an event; `streams.consumer.once` applies it."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def on(self, event: type[EventT], *, row: Row[EventT]) -> Callable[[Handler[EventT]], Handler[EventT]]:
        """Marks the one function that handles this event; a second one is a `ValueError`, at import.

        `row` names what it writes, within the event's topic: a late event is refused where a newer one has written.
        """

        def register(handler: Handler[EventT]) -> Handler[EventT]:
            if event.TYPE in self._known:
                raise ValueError(f"{event.TYPE} has a handler already")
            self._known[event.TYPE] = _Known(msgspec.json.Decoder(event), row, handler)
            return handler

        return register

    def wants(self, event_type: str) -> bool:
        """Whether an event of this type has a handler."""
        return event_type in self._known

    async def apply(self, connection: AsyncConnection, envelope: Envelope, *, reader: str) -> None:
        """Handle it in this transaction, unless something newer was. What cannot be decoded raises
        `msgspec.MsgspecError`."""
        known = self._known[envelope.type]
        event = known.decoder.decode(envelope.data)
        row = known.row(event)
        if row is None or await _advance(connection, envelope, reader=reader, row=row):
            await known.handler(connection, event)
        else:
            log.info("event.outdated", type=envelope.type, topic=envelope.topic, seq=envelope.seq, row=row)


async def _advance(connection: AsyncConnection, envelope: Envelope, *, reader: str, row: str) -> bool:
    """Note that the row has this event; False when it, or the whole topic, has a newer one.

    The topic's own row is locked first: an event of the topic and one of a row in it cannot miss each other.
    """
    values = {"reader": reader, "topic": envelope.topic, "row": WHOLE, "seq": 0, "at": now()}
    topic = insert(applied).values(values)
    lock = topic.on_conflict_do_update(constraint=applied.primary_key, set_={"at": topic.excluded.at})
    seen = await connection.scalar(lock.returning(applied.c.seq))
    if seen is None or seen >= envelope.seq:
        return False
    if row == WHOLE:
        whole = (applied.c.reader == reader, applied.c.topic == envelope.topic, applied.c.row == WHOLE)
        await connection.execute(update(applied).where(*whole).values(seq=envelope.seq))
        return True
    one = insert(applied).values(values | {"row": row, "seq": envelope.seq})
    newer = one.on_conflict_do_update(
        constraint=applied.primary_key,
        set_={"seq": one.excluded.seq, "at": one.excluded.at},
        where=applied.c.seq < one.excluded.seq,
    )
    return await connection.scalar(newer.returning(applied.c.seq)) is not None
