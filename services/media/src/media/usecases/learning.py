"""What was told before media listened is asked for, when somebody comes of whom nothing is known."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.ids import SpaceId, UserId
from contracts.problems import Unavailable
from contracts.times import NEVER, now
from media.clients.services import DISCORD, Services
from media.settings import Settings
from media.store import people

log = structlog.get_logger()

ACTION: Final = "media.recordings_used"
CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""At most, between the machines on which media runs."""


class Learner:
    """While nobody answers, what the streams have told has to do.

    No transaction is open while it asks. An answer is kept under the lock that the handlers of those events take, and
    only when none of them was about the same meanwhile: it never undoes what was told after it was given.
    """

    def __init__(self, engine: AsyncEngine, services: Services, settings: Settings) -> None:
        self._engine = engine
        self._services = services
        self._settings = settings
        self._asking = asyncio.Semaphore(settings.asks_under_way_max)
        self._known: dict[UserId, float] = {}

    async def person(self, user_id: UserId) -> None:
        """Where they are a member: once in `people_known_seconds`, in each process."""
        if self._known.get(user_id, NEVER) > time.monotonic():
            return
        asked_at = now()
        try:
            async with self._asking:
                places = await self._services.places_of(user_id)
        except Unavailable as error:
            log.warning("person.not_learnt", user_id=str(user_id), error=error.detail)
            return
        async with self._keeping(people.member_row(user_id), asked_at=asked_at) as connection:
            if connection is None:
                return
            await people.keep_places(connection, user_id, {place.id: place.role for place in places})
            for place in places:
                if place.guild_id is not None:
                    await people.learn_guild(connection, place.id, place.guild_id)
        if len(self._known) >= self._settings.people_known_max:
            self._known.pop(next(iter(self._known)))
        self._known[user_id] = time.monotonic() + self._settings.people_known_seconds

    async def discord_user(self, discord_id: str, *, by: str) -> None:
        """Whose account it is, for the service `by`, if media was never told."""
        async with self._engine.connect() as connection:
            if await people.user_of(connection, discord_id) is not None:
                return
        asked_at = now()
        try:
            async with self._asking:
                user_id = await self._services.user_of(discord_id, action=ACTION, by=by)
        except Unavailable as error:
            log.warning("identity.not_learnt", error=error.detail)
            return
        if user_id is not None:
            async with self._keeping(people.identity_row(DISCORD, discord_id), asked_at=asked_at) as kept:
                if kept is not None:
                    await people.link_identity(kept, discord_id, user_id)

    async def guild(self, guild_id: str) -> None:
        """Which space a Discord server is linked to, if media was never told."""
        async with self._engine.connect() as connection:
            if await people.space_of(connection, guild_id) is not None:
                return
        asked_at = now()
        try:
            async with self._asking:
                space_id = await self._services.space_of(guild_id)
        except Unavailable as error:
            log.warning("guild.not_learnt", guild_id=guild_id, error=error.detail)
            return
        if space_id is not None:
            async with self._keeping(people.SPACE_ROW, asked_at=asked_at, topic=f"space:{space_id}") as kept:
                if kept is not None:
                    await people.learn_guild(kept, space_id, guild_id)

    async def members(self, space_id: SpaceId) -> frozenset[UserId] | None:
        """All of a space, as messaging says it now; None when it does not say."""
        try:
            return await self._services.members_of(space_id)
        except Unavailable as error:
            log.warning("members.not_learnt", space_id=str(space_id), error=error.detail)
            return None

    @asynccontextmanager
    async def _keeping(
        self, row: str, *, asked_at: datetime, topic: str | None = None
    ) -> AsyncGenerator[AsyncConnection | None]:
        """A transaction to keep an answer in; None when an event was newer, or may have been."""
        async with self._engine.begin() as connection:
            await people.lock(connection)
            changed = await people.changed_since(connection, row, at=asked_at - CLOCKS_DIFFER, topic=topic)
            yield None if changed else connection
