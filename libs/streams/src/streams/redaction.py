"""Taking words out of events that were told: at once from the log, and soon after from the Redis stream.

Whoever reads the log afterwards gets the event at its place, without the words. An entry of the stream cannot be
changed, so it is deleted: a subscriber that had not read it finds a gap, which it fills from the log.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import bindparam, delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.background import Worker, every
from streams import bus, tables

logger = structlog.get_logger()

CLOCKS_APART: Final = timedelta(seconds=2)
"""How far the clocks of this machine, the database and Redis may differ."""
ENTRIES_MAX: Final = 500
POLL_SECONDS: Final = 1.0

_REWRITE = (
    update(tables.log).where(tables.log.c.position == bindparam("at_position")).values(data=bindparam("new_data"))
)
_DUE = text("""
    select redaction.position, log.id, log.at, log.sent_at
    from log_redactions redaction left join log on log.position = redaction.position
    where log.sent_at is not null or log.position is null
    order by redaction.position limit :count
""")
"""What is not sent yet may still be sent from memory, as it was."""


async def rewrite(connection: AsyncConnection, data: Mapping[int, bytes]) -> None:
    """Replace the data of log rows, by their `position`; the caller has locked them in that order."""
    if data:
        rows = [{"at_position": position, "new_data": new} for position, new in data.items()]
        await connection.execute(_REWRITE, rows)
        pending = insert(tables.redactions).on_conflict_do_nothing()
        await connection.execute(pending, [{"position": position} for position in data])


class Due(msgspec.Struct, frozen=True):
    """An entry to be deleted; it was added to the stream between these moments."""

    id: UUID
    since: datetime
    until: datetime


class Redactor:
    """Deletes from the stream what was rewritten in the log. Several copies do no harm."""

    def __init__(self, engine: AsyncEngine, redis: Redis, *, stream: str, rows_max: int = 200) -> None:
        self._engine = engine
        self._redis = redis
        self._stream = stream
        self._rows_max = rows_max

    def worker(self) -> Worker:
        """What deletes them, as soon as Redis answers."""
        return Worker("redactor", self.step, wait=every(POLL_SECONDS))

    async def step(self) -> bool:
        """Delete what is due. Says whether there may be more."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_DUE, {"count": self._rows_max})).all()
        if not rows:
            return False
        due = [Due(row.id, row.at - CLOCKS_APART, row.sent_at + CLOCKS_APART) for row in rows if row.id is not None]
        deleted = sum([await self._delete(some) for some in _together(due)])
        async with self._engine.begin() as connection:
            done = [row.position for row in rows]
            await connection.execute(delete(tables.redactions).where(tables.redactions.c.position.in_(done)))
        logger.info("stream.redacted", stream=self._stream, events=len(rows), entries=deleted)
        return len(rows) == self._rows_max

    async def _delete(self, due: list[Due]) -> int:
        """Entries whose spans of time touch are looked for in one pass."""
        wanted = {one.id for one in due}
        start, end = _entry_id(due[0].since), f"{_entry_id(max(one.until for one in due))}"
        deleted = 0
        while True:
            entries = await bus.between(self._redis, self._stream, start, end, count=ENTRIES_MAX)
            found = [entry_id for entry_id, fields in entries if _event_id(fields) in wanted]
            if found:
                deleted += int(await self._redis.xdel(self._stream, *found))
            if len(entries) < ENTRIES_MAX:
                return deleted
            start = f"({entries[-1][0].decode()}"
            await asyncio.sleep(0)


def _together(due: list[Due]) -> list[list[Due]]:
    """In groups whose spans overlap, oldest first."""
    groups: list[list[Due]] = []
    until: datetime | None = None
    for one in sorted(due, key=lambda one: one.since):
        if until is None or one.since > until:
            groups.append([])
            until = one.until
        groups[-1].append(one)
        until = max(until, one.until)
    return groups


def _entry_id(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def _event_id(fields: dict[bytes, bytes]) -> UUID | None:
    try:
        return bus.decode(fields).id
    except bus.Malformed:
        return None
