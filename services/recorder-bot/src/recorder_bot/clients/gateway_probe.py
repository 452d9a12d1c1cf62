"""Notices a main gateway whose socket is open and that says nothing: it is asked something that it must answer."""

import asyncio
import time

import hikari


class GatewayProbe:
    """Any event counts as an answer. hikari reconnects by itself when heartbeats stay unanswered, after up to 80 s; it
    does not notice when only events stay away."""

    def __init__(self, bot: hikari.GatewayBot, *, quiet_seconds: float, answer_seconds: float) -> None:
        """After `quiet_seconds` without an event Discord is asked, and has `answer_seconds` to answer."""
        self._bot = bot
        self._quiet_seconds, self._answer_seconds = quiet_seconds, answer_seconds
        self._heard = asyncio.Event()
        self._heard_at: float | None = None
        bot.subscribe(hikari.ShardPayloadEvent, self._hear)

    async def answers(self) -> bool:
        """Whether the gateway still sends events. A bot that is in no guild has nothing to ask for."""
        if self._heard_at is not None and time.monotonic() - self._heard_at < self._quiet_seconds:
            return True
        guilds, me = self._bot.cache.get_guilds_view(), self._bot.get_me()
        if not guilds or me is None:
            return True
        self._heard.clear()
        try:
            async with asyncio.timeout(self._answer_seconds):
                await self._bot.request_guild_members(next(iter(guilds)), query=me.username, limit=1)
                await self._heard.wait()
        except (hikari.HikariError, TimeoutError):
            return False
        return True

    async def _hear(self, _: hikari.ShardPayloadEvent) -> None:
        self._heard_at = time.monotonic()
        self._heard.set()
