"""Group commit: what arrived while the last one was under way goes into the next, one statement for many rows.

That statement is the transaction: its answer is the commit.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.background import raise_if_cancelled
from contracts.problems import Problem, Unavailable
from contracts.times import now
from messaging.domain.content import Post, nonce_key
from messaging.routes.posting import TRIES
from messaging.settings import Settings
from messaging.usecases.known import KnownPosters
from messaging.usecases.posting import Outcome, Said, post_messages
from streams.relay import Relay

log = structlog.get_logger()

AWAY: Final = (
    OSError,
    TimeoutError,
    SQLAlchemyError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection between being told that it is cut and being closed
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""What a transaction raises when the database is away; whether it was committed is then unknown."""

Waiting = tuple[Post, "asyncio.Future[Said]"]


class GroupCommitter:
    """Many posts, one commit; each has its own outcome, and hears of it after the commit."""

    def __init__(self, engine: AsyncEngine, relay: Relay, *, limits: Settings) -> None:
        self._engine = engine
        self._relay = relay
        self._limits = limits
        self._waiting: deque[Waiting] = deque()
        self._bell = asyncio.Event()
        self._known = KnownPosters()

    async def post(self, post: Post) -> Said:
        return await self.take(post)

    def take(self, post: Post) -> asyncio.Future[Said]:
        """The post goes with the next commit; the future tells what became of it."""
        future: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= self._limits.posts_waiting_max:
            future.set_exception(Unavailable("Too many posts are waiting", retry_after_seconds=1))
            return future
        self._waiting.append((post, future))
        self._bell.set()
        return future

    async def run(self) -> None:
        """Work until cancelled, on one connection. When the database is away, those who wait hear so."""
        while True:
            await self._bell.wait()
            try:
                async with self._connection() as connection:
                    while True:
                        while batch := self._take():
                            await self._settle(connection, batch)
                        self._bell.clear()
                        raise_if_cancelled()
                        await self._bell.wait()
            except AWAY as error:
                log.warning("posts.failed", error=repr(error)[:300], waiting=len(self._waiting))
                self._bell.clear()
                while batch := self._take():
                    _fail(batch, Unavailable(retry_after_seconds=1))
                raise_if_cancelled()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Any]:
        """The driver's own; a broken one does not go back into the pool."""
        async with self._engine.connect() as connection:
            try:
                yield (await connection.get_raw_connection()).driver_connection
            except BaseException:
                await connection.invalidate()
                raise

    def _take(self) -> list[Waiting]:
        """The next batch, empty only when no post waits. Of two posts with one nonce the later goes with the next."""
        batch: list[Waiting] = []
        nonces: set[UUID | None] = set()
        while self._waiting and len(batch) < self._limits.posts_per_commit_max:
            post, future = self._waiting[0]
            if future.done():  # cancelled: its nonce is still to be had
                self._waiting.popleft()
                continue
            nonce = nonce_key(post)
            if nonce is not None and nonce in nonces:
                break
            nonces.add(nonce)
            batch.append(self._waiting.popleft())
        return batch

    async def _settle(self, connection: Any, batch: Sequence[Waiting]) -> None:
        """Commit them together. If one spoils it for all, each goes alone."""
        try:
            try:
                await self._commit(connection, batch, self._known)
            except asyncpg.PostgresError as error:
                if isinstance(error, AWAY):
                    raise
                log.warning("posts.separated", count=len(batch), error=repr(error)[:300])
                for one in batch:
                    await self._settle_alone(connection, one)
        except Exception as error:
            away = isinstance(error, AWAY)
            _fail(batch, Unavailable("Whether it was posted is not known", retry_after_seconds=1) if away else error)
            if away:
                raise
            log.exception("posts.failed")

    async def _settle_alone(self, connection: Any, one: Waiting) -> None:
        for _ in range(TRIES):
            try:
                return await self._commit(connection, [one], None)
            except asyncpg.UniqueViolationError:
                continue
            except asyncpg.PostgresError as error:
                if isinstance(error, AWAY):
                    raise
                return _fail([one], error)
        return _fail([one], Unavailable("The same message is being posted elsewhere", retry_after_seconds=1))

    async def _commit(self, connection: Any, batch: Sequence[Waiting], known: KnownPosters | None) -> None:
        """What became of them is heard before the relay has it: somebody waits for the answer."""
        notify = not self._relay.leading
        posts = [post for post, _ in batch]
        async with asyncio.timeout(self._limits.commit_seconds_max):
            settled = await post_messages(
                connection.fetch, posts, at=now(), limits=self._limits, notify=notify, known=known
            )
        _deliver(batch, settled.outcomes)
        asyncio.get_running_loop().call_soon(self._relay.enqueue, settled.told)


def _deliver(batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    for (_, future), outcome in zip(batch, outcomes, strict=True):
        if future.done():
            continue
        if isinstance(outcome, Problem):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
