"""Who answers an interaction: Discord repeats some, and two copies of the bot may be connected for a moment."""

import asyncio
import time
from typing import Final

import structlog
from redis.asyncio import Redis

from streams import bus

log = structlog.get_logger()

LEASE_SECONDS: Final = 900
"""Discord takes answers for so long."""
AWAY_SECONDS: Final = 5.0
"""Redis is not asked for so long after it did not answer."""


class Leases:
    """In Redis. The first to ask has the interaction; nobody else will, nor anybody after a restart."""

    def __init__(self, redis: Redis, *, wait_seconds: float) -> None:
        self._redis = redis
        self._wait_seconds = wait_seconds
        self._asking = asyncio.Lock()
        self._away_until = 0.0

    async def take(self, interaction_id: int) -> bool:
        """One at a time, by one connection: a hundred at once would wait for a hundred connections to be opened.

        While Redis does not say, every copy goes on: Discord takes one acknowledgement, and the call has its key.
        """
        async with self._asking:
            if time.monotonic() < self._away_until:
                return True
            key = f"control-bot:interaction:{interaction_id}"
            try:
                async with asyncio.timeout(self._wait_seconds):
                    return bool(await self._redis.set(key, b"", nx=True, ex=LEASE_SECONDS))
            except (*bus.OUTAGES, TimeoutError) as error:
                log.warning("leases.away", error=repr(error)[:300])
                self._away_until = time.monotonic() + AWAY_SECONDS
                return True
