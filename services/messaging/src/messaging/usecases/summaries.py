"""What a message says of its thread: told to the parent's readers, at most once in a while for each thread."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.messaging import MessageDeleted, MessagePosted
from messaging.store import summaries
from streams.bulk import Logged
from streams.outbox import publish_all

TELLING = frozenset({MessagePosted.TYPE, MessageDeleted.TYPE})


class ThreadSummaries:
    """Takes note of the channels where something was posted or deleted, as the relay carries it: one copy of the
    service does that, and what it has not carried the next one will.
    """

    def __init__(self, engine: AsyncEngine, *, threads_max: int) -> None:
        self._engine = engine
        self._threads_max = threads_max
        self._moved: dict[str, None] = {}

    def note(self, rows: Sequence[Logged]) -> None:
        """These were carried."""
        for row in rows:
            if row.envelope.type in TELLING:
                self._moved[row.envelope.topic] = None

    async def publish(self) -> bool:
        """Tell how those of them that are threads stand now. True when more are waiting."""
        taken = list(self._moved)[: self._threads_max]
        for topic in taken:
            del self._moved[topic]
        try:
            async with self._engine.begin() as connection:
                await publish_summaries(connection, [topic.partition(":")[2] for topic in taken])
        except BaseException:
            self._moved = dict.fromkeys(taken) | self._moved
            raise
        return bool(self._moved)


async def publish_summaries(connection: AsyncConnection, channel_ids: Sequence[str]) -> None:
    """On each parent's topic; channels that are no threads have nothing to tell."""
    found = await summaries.of_threads(connection, channel_ids)
    if found:
        await publish_all(connection, [(f"channel:{one.parent_id}", one) for one in found])
