"""A listener to iterate over instead of being called."""

import asyncio
from collections import deque

from voice.events import Closed, Heard


class Full(Exception):
    """Nothing was read for too long. The frame is dropped and counted as such."""


class HeardQueue:
    """A listener with a bounded memory: `async for heard in queue`. Ends after `Closed`.

    `limit` counts frames and events; 15,000 are five minutes of one speaker.
    """

    def __init__(self, *, limit: int = 15_000) -> None:
        self._limit = limit
        self._heard: deque[Heard] = deque()
        self._arrived = asyncio.Event()
        self._ended = False

    def __call__(self, heard: Heard) -> None:
        if len(self._heard) >= self._limit and not isinstance(heard, Closed):
            raise Full(f"{self._limit} are waiting to be read")
        self._heard.append(heard)
        self._arrived.set()

    def __aiter__(self) -> "HeardQueue":
        return self

    async def __anext__(self) -> Heard:
        while not self._heard:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        heard = self._heard.popleft()
        self._ended = isinstance(heard, Closed)
        return heard
