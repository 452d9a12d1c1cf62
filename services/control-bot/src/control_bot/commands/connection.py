"""The line to Discord: opened, kept, and opened again when it is lost for good."""

import asyncio
from typing import Final

import hikari
import lightbulb
import structlog

from control_bot.clients.renderer import FAILURES

log = structlog.get_logger()

IDLE: Final = "idle: no Discord token"
CLOSE_SECONDS_MAX: Final = 5.0


class Connection:
    """Commands are registered before the gateway delivers any; while that fails, no line is opened."""

    def __init__(self, bot: hikari.GatewayBot, client: lightbulb.Client, *, retry_seconds: float) -> None:
        self._bot = bot
        self._client = client
        self._retry_seconds = retry_seconds
        self._registered = False
        self._failure = "not connected yet"
        bot.subscribe(hikari.StartingEvent, self._register)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                await self._start()
                if self._registered:
                    log.info("discord.connected")
                    await self._bot.join()
            except (*FAILURES, RuntimeError) as error:
                self._failed(error)
            finally:
                await self._close()
            await asyncio.sleep(self._retry_seconds)

    async def check(self) -> None:
        """Whether Discord delivers what people do."""
        shards = self._bot.shards.values()
        if not shards or not all(shard.is_connected for shard in shards):
            raise ConnectionError(self._failure)

    async def _start(self) -> None:
        """Cancelled in the middle of it, hikari 2.6 would leave a socket open and tasks behind: it is let finish."""
        starting = asyncio.create_task(self._bot.start(check_for_updates=False))
        try:
            await asyncio.shield(starting)
        finally:
            await asyncio.wait([starting], timeout=CLOSE_SECONDS_MAX)
            starting.cancel()

    async def _close(self) -> None:
        """Saying goodbye may take as long as the other side likes; a process that ends does not wait for it."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS_MAX):
                if self._bot.is_alive:
                    await self._bot.close()
                elif self._bot.rest.is_alive:  # a start that failed half-way leaves it open
                    await self._bot.rest.close()
        except FAILURES as error:
            self._failed(error)

    async def _register(self, _: hikari.StartingEvent) -> None:
        if self._registered:
            return
        try:
            await self._client.start()
            self._registered = True
        except FAILURES as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._failure = f"{type(error).__name__}: {error}"[:200]
        log.warning("discord.failed", error=self._failure)
