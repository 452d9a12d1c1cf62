"""Exports under way: each is written to a file as fast as the database gives it, and read from there by its client.

So a slow client holds neither a transaction nor a connection.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import SpaceId, UserId
from contracts.problems import RateLimited
from messaging.settings import Settings
from messaging.usecases.export import export_space

CHUNK_BYTES: Final = 65_536


class Export:
    """One export, which ends when it is read, left, or late."""

    def __init__(self, engine: AsyncEngine, space_id: SpaceId) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed by `close`
        self._size = 0
        self._arrived = asyncio.Event()
        self._writing = asyncio.create_task(self._write(engine, space_id))
        self._writing.add_done_callback(lambda _: self._arrived.set())
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def _write(self, engine: AsyncEngine, space_id: SpaceId) -> None:
        async with engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            waiting = bytearray()
            async for line in export_space(snapshot, space_id):
                waiting += line
                if len(waiting) >= CHUNK_BYTES:
                    self._append(waiting)
            self._append(waiting)

    def _append(self, waiting: bytearray) -> None:
        self._file.write(waiting)
        self._size += len(waiting)
        waiting.clear()
        self._arrived.set()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """As they arrive; raises what the writing raised, or `TimeoutError` when it was not read in time."""
        offset = 0
        try:
            while not (self._writing.done() and offset == self._size):
                await self._arrived.wait()
                self._arrived.clear()
                while offset < self._size and not self.ended.done():
                    chunk = os.pread(self._file.fileno(), CHUNK_BYTES, offset)
                    offset += len(chunk)
                    yield chunk
                if self.ended.done():
                    raise TimeoutError("the export was not read in time")
            await self._writing
        finally:
            self.close()

    def close(self) -> None:
        """Leave nothing behind; to be called as often as one likes."""
        if not self.ended.done():
            self.ended.set_result(None)
            self._writing.cancel()
            self._arrived.set()
            self._file.close()


class Exports:
    """Those of all people, `exports_per_person_max` each, none for longer than `export_seconds_max`."""

    def __init__(self, engine: AsyncEngine, limits: Settings) -> None:
        self._engine = engine
        self._limits = limits
        self._under_way: dict[UserId, set[Export]] = {}

    def begin(self, space_id: SpaceId, *, user_id: UserId) -> Export:
        """Raises `RateLimited` while too many of theirs are under way."""
        theirs = self._under_way.setdefault(user_id, set())
        if len(theirs) >= self._limits.exports_per_person_max:
            raise RateLimited("Read the exports under way first", retry_after_seconds=10)
        export = Export(self._engine, space_id)
        theirs.add(export)
        late = asyncio.get_running_loop().call_later(self._limits.export_seconds_max, export.close)

        def ended(_: "asyncio.Future[None]") -> None:
            late.cancel()
            theirs.discard(export)
            if not theirs:
                self._under_way.pop(user_id, None)

        export.ended.add_done_callback(ended)
        return export

    def close(self) -> None:
        """End all."""
        for export in [one for theirs in self._under_way.values() for one in theirs]:
            export.close()
