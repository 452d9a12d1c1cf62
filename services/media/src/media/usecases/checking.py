"""Files are checked in tasks of their own: each once, however often and by however many requests that is asked for."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from contracts.media import Upload
from contracts.problems import Unavailable
from media.settings import Settings


class Checks:
    """So many at once; so many more wait. A request that is given up leaves its check to the next one that asks."""

    def __init__(self, settings: Settings) -> None:
        self._running: dict[UUID, asyncio.Task[Upload]] = {}
        self._places = asyncio.Semaphore(settings.checks_under_way_max)
        self._waiting_max = settings.checks_waiting_max
        self._seconds = settings.check_wait_seconds

    async def result_of(self, upload_id: UUID, check: Callable[[], Awaitable[Upload]]) -> Upload:
        """Of the check that runs, or of this one. Raises `Unavailable` while it takes longer than a request may."""
        running = self._running.get(upload_id)
        if running is None:
            if len(self._running) >= self._waiting_max:
                raise Unavailable("Too many files are being checked", retry_after_seconds=5)
            running = asyncio.create_task(self._run(upload_id, check))
            running.add_done_callback(_heed)
            self._running[upload_id] = running
        done, _ = await asyncio.wait({running}, timeout=self._seconds)
        if not done:
            raise Unavailable("The file is still being checked", retry_after_seconds=5)
        return running.result()

    async def _run(self, upload_id: UUID, check: Callable[[], Awaitable[Upload]]) -> Upload:
        try:
            async with self._places:
                return await check()
        finally:
            del self._running[upload_id]

    async def end(self) -> None:
        """Leave what is being checked to whoever asks next."""
        running = list(self._running.values())
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _heed(task: asyncio.Task[Upload]) -> None:
    """Nobody may be waiting any more for what it raised."""
    if not task.cancelled():
        task.exception()
