"""Events that carry their own place, told within one statement."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Event
from contracts.times import now
from streams import bulk
from streams.bulk import Letters, Logged


class Placed(Event, frozen=True, kw_only=True):
    """Something, numbered, that says where it stands."""

    TYPE: ClassVar[str] = "try.thing_placed.v1"
    seq: int = 0
    number: int


async def write(engine: AsyncEngine, letters: Letters, *, ring: bool = False, provided: str = "true") -> list[Logged]:
    at, tell = now(), f"with {bulk.TELLING.format(provided=provided)} {bulk.TOLD}"
    async with engine.begin() as connection:
        result = await connection.exec_driver_sql(tell, letters.values(at=at, ring=ring))
        rows = result.mappings().all()
    return list(letters.logged(rows, at=at).values()) if rows else []


async def commit(engine: AsyncEngine, number: int, topic: str = "a", *, ring: bool = False) -> list[Logged]:
    """One event; nobody is notified of it without `ring`."""
    letters = Letters({topic: 1})
    place = letters.place(topic)
    letters.tell(place, Placed(number=number), quoted=place, trace="")
    return await write(engine, letters, ring=ring)
