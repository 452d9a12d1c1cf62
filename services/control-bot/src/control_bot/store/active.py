"""Which copy of the bot is active: one for each Discord application, by a lease in Redis; the others stand by."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from chassis.background import raise_if_cancelled
from contracts.ids import new_id
from streams import bus

log = structlog.get_logger()

_TAKE: Final = """
    local holder = redis.call('GET', KEYS[1])
    if holder and holder ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
"""
_GIVE_BACK: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class ActiveLease:
    """Asked for every `ask_seconds`, by which its holder renews it; without that it ends after `seconds`.

    While Redis is away the holder goes on, and nobody takes over. Whoever stood by during that holds back for `seconds`
    more once Redis is there again, so that the holder, whose lease may have ended meanwhile, is the first to ask.
    """

    def __init__(self, redis: Redis, application_id: int, *, seconds: float, ask_seconds: float) -> None:
        self._redis: Any = redis  # its eval has no type
        self._key = f"control-bot:active:{application_id}"
        self._own = str(new_id())
        self._seconds = seconds
        self._ask_seconds = ask_seconds
        self._holds_back_until = 0.0
        self.held: bool | None = None
        """None: Redis has not said yet, or no longer says."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Until cancelled: `work` whenever it is held. It is given back only when the work has ended."""
        try:
            while True:
                await self._until(held=True)
                log.info("lease.taken", key=self._key)
                async with asyncio.TaskGroup() as tasks:
                    working = tasks.create_task(work())
                    await self._until(held=False)
                    log.warning("lease.lost", key=self._key)
                    working.cancel()
        finally:
            await self._give_back()

    async def _until(self, *, held: bool) -> None:
        while True:
            raise_if_cancelled()
            await self._ask()
            if bool(self.held) is held:
                return
            await asyncio.sleep(self._ask_seconds)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(self._seconds / 3):
                if self.held or time.monotonic() >= self._holds_back_until:
                    milliseconds = int(self._seconds * 1000)
                    self.held = bool(await self._redis.eval(_TAKE, 1, self._key, self._own, milliseconds))
                else:
                    await self._redis.ping()
                    self.held = False
        except (*bus.OUTAGES, TimeoutError) as error:
            log.warning("lease.unknown", key=self._key, held=self.held, error=repr(error)[:300])
            self._holds_back_until = time.monotonic() + self._seconds
            self.held = self.held or None

    async def _give_back(self) -> None:
        try:
            async with asyncio.timeout(self._seconds / 3):
                await self._redis.eval(_GIVE_BACK, 1, self._key, self._own)
        except (*bus.OUTAGES, TimeoutError) as error:
            log.warning("lease.kept", key=self._key, error=repr(error)[:300])
