"""No client takes all the connections to a service: each has a share, and waits for its own requests only."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Shares:
    """At most `each` requests of one client at once."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._taken: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def take(self, key: str) -> AsyncGenerator[None]:
        """One of the client's places; more than it has wait in the order they came."""
        places, wanted = self._taken.get(key) or (asyncio.Semaphore(self._each), 0)
        self._taken[key] = places, wanted + 1
        try:
            async with places:
                yield
        finally:
            wanted = self._taken[key][1] - 1
            if wanted:
                self._taken[key] = places, wanted
            else:
                del self._taken[key]
