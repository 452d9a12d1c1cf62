"""What use cases work with, beside the transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.clients.discord import Discord
from auth.clients.hasher import Hasher
from auth.clients.postman import Postman
from auth.clients.throttle import Throttle
from auth.domain.sessions import Session
from auth.domain.users import User
from auth.settings import Settings
from auth.store.vault import Vault
from auth.usecases.keys import KeyRing

Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Opens a transaction: kept on return and on a `Recorded` refusal, undone on anything else."""


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """Born with the application, the same for every request."""

    settings: Settings
    vault: Vault
    ring: KeyRing
    hasher: Hasher
    throttle: Throttle
    postman: Postman
    discord: Discord
    clock: Callable[[], datetime]

    @property
    def refresh_key(self) -> bytes:
        return self.vault.derive("refresh-tokens")

    @property
    def device_key(self) -> bytes:
        return self.vault.derive("devices")

    @property
    def idle(self) -> timedelta:
        return timedelta(days=self.settings.session_idle_days)

    async def close(self) -> None:
        self.hasher.close()
        await self.throttle.close()
        await self.discord.close()

    def challenge_ends(self) -> datetime:
        """When what is asked of a browser now will be too old to be answered."""
        return self.clock() + timedelta(seconds=self.settings.challenge_seconds)

    @property
    def repeat(self) -> timedelta:
        return timedelta(seconds=self.settings.refresh_repeat_seconds)


class Actor(msgspec.Struct, frozen=True):
    """Who asks, in which of their sessions."""

    user: User
    session: Session
