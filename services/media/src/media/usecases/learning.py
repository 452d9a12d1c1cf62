"""What was told before media listened is asked for, when somebody comes of whom nothing is known."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.ids import SpaceId, UserId
from contracts.problems import Unavailable
from media.clients.services import Services
from media.settings import Settings
from media.store import people

log = structlog.get_logger()

ACTION: Final = "media.recordings_used"


class Learner:
    """While nobody answers, what the streams have told has to do.

    It asks and keeps under the lock that the handlers of those events take: an answer never undoes what was told
    after it was given.
    """

    def __init__(self, engine: AsyncEngine, services: Services, settings: Settings) -> None:
        self._engine = engine
        self._services = services
        self._settings = settings
        self._one_at_a_time = asyncio.Lock()
        self._known: dict[UserId, float] = {}

    async def person(self, user_id: UserId) -> None:
        """Where they are a member: once in `people_known_seconds`, in each process."""
        if self._known.get(user_id, 0.0) > time.monotonic():
            return
        try:
            async with self._learning() as connection:
                places = await self._services.places_of(user_id)
                await people.keep_places(connection, user_id, {place.id: place.role for place in places})
                for place in places:
                    if place.guild_id is not None:
                        await people.learn_guild(connection, place.id, place.guild_id)
        except Unavailable as error:
            log.warning("person.not_learnt", user_id=str(user_id), error=error.detail)
            return
        if len(self._known) >= self._settings.people_known_max:
            self._known.pop(next(iter(self._known)))
        self._known[user_id] = time.monotonic() + self._settings.people_known_seconds

    async def discord_user(self, discord_id: str, *, by: str) -> None:
        """Whose account it is, for the service `by`, if media was never told."""
        async with self._engine.connect() as connection:
            if await people.user_of(connection, discord_id) is not None:
                return
        try:
            async with self._learning() as connection:
                user_id = await self._services.user_of(discord_id, action=ACTION, by=by)
                if user_id is not None:
                    await people.link_identity(connection, discord_id, user_id)
        except Unavailable as error:
            log.warning("identity.not_learnt", error=error.detail)

    async def guild(self, guild_id: str) -> None:
        """Which space a Discord server is linked to, if media was never told."""
        async with self._engine.connect() as connection:
            if await people.space_of(connection, guild_id) is not None:
                return
        try:
            async with self._learning() as connection:
                space_id = await self._services.space_of(guild_id)
                if space_id is not None:
                    await people.learn_guild(connection, space_id, guild_id)
        except Unavailable as error:
            log.warning("guild.not_learnt", guild_id=guild_id, error=error.detail)

    async def members(self, space_id: SpaceId) -> frozenset[UserId] | None:
        """All of a space, as messaging says it now; None when it does not say."""
        try:
            return await self._services.members_of(space_id)
        except Unavailable as error:
            log.warning("members.not_learnt", space_id=str(space_id), error=error.detail)
            return None

    @asynccontextmanager
    async def _learning(self) -> AsyncGenerator[AsyncConnection]:
        async with self._one_at_a_time, self._engine.begin() as connection:
            await people.lock(connection)
            yield connection
