"""Events that carry their own place, told within one statement."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Event
from contracts.times import now
from streams import bulk
from streams.bulk import EventBatch, Logged


class Placed(Event, frozen=True, kw_only=True):
    """Something, numbered, that says where it stands."""

    TYPE: ClassVar[str] = "try.thing_placed.v1"
    seq: int = 0
    number: int


async def write(
    engine: AsyncEngine, batch: EventBatch, *, notify: bool = False, provided: str = "true"
) -> list[Logged]:
    at, publish = now(), f"with {bulk.PUBLISHING.format(provided=provided)} {bulk.PUBLISHED}"
    async with engine.begin() as connection:
        result = await connection.exec_driver_sql(publish, batch.values(at=at, notify=notify))
        rows = result.mappings().all()
    return list(batch.logged(rows, at=at).values()) if rows else []


async def commit(engine: AsyncEngine, number: int, topic: str = "a", *, notify: bool = False) -> list[Logged]:
    """One event; nobody is notified of it without `notify`."""
    batch = EventBatch({topic: 1})
    place = batch.next_seq(topic)
    batch.publish(place, Placed(number=number), embedded=place, trace="")
    return await write(engine, batch, notify=notify)
