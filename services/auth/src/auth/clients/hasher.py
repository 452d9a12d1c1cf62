"""Argon2id in threads of its own: a bounded number at once, a bounded number waiting, the event loop free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auth.settings import Settings
from contracts.problems import Unavailable

T = TypeVar("T")

_OF_NOBODY: Final = "\0"


class Hasher:
    """Makes and checks password hashes."""

    def __init__(self, settings: Settings) -> None:
        self._argon2 = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._threads = ThreadPoolExecutor(settings.hashes_at_once, thread_name_prefix="argon2")
        self._waiting_max = settings.hashes_waiting_max
        self._under_way = 0
        self._nobodys = self._argon2.hash(_OF_NOBODY)

    async def hash(self, password: str) -> str:
        return await self._run(self._hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Without a hash (no such account, no password set) it takes as long, and is False."""
        right = await self._run(self._verify, password_hash or self._nobodys, password)
        return right and password_hash is not None

    async def renewed(self, password_hash: str | None, password: str) -> str | None:
        """A right password's new hash, if the old one was made with other parameters than today's."""
        if password_hash is None or not self._argon2.check_needs_rehash(password_hash):
            return None
        return await self.hash(password)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._under_way >= self._waiting_max:
            raise Unavailable("Too many people log in at this moment", retry_after_seconds=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._under_way -= 1
