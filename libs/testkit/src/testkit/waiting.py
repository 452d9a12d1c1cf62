"""Wait for what will happen, and let things run meanwhile."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncGenerator[None]:
    """Something that works until it is cancelled, for the length of a block; its own failure fails the test."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended


async def eventually(found: Callable[[], Awaitable[object]], *, seconds: float = 30) -> None:
    """Wait until `found` says yes; fails when it has not within `seconds`. For what no event announces."""
    async with asyncio.timeout(seconds):
        while not await found():  # noqa: ASYNC110  there is nothing to wait on
            await asyncio.sleep(0.01)


def wait_until(found: Callable[[], object], *, seconds: float = 30) -> None:
    """The same without an event loop: for the state of other processes."""
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)
