"""Recordings that no recorder took, or went on with, are ended."""

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import RecordingId
from contracts.times import now
from media.domain import life
from media.settings import Settings
from media.store import recordings
from media.store.recordings import Silence
from media.usecases.moving import move
from media.usecases.telling import keep

log = structlog.get_logger()


class Hearing:
    """Since when recorders could be heard without a break: silence from before that says nothing about them."""

    def __init__(self, *, break_seconds: float, since: datetime | None = None) -> None:
        """So long without the database, or without a process, is a break."""
        self._break = timedelta(seconds=break_seconds)
        self._since = since
        self._heard_at = now()

    def since(self, at: datetime) -> datetime:
        if self._since is None or at - self._heard_at > self._break:
            self._since = at
        return self._since

    def heard(self, at: datetime) -> None:
        """The database answered what was asked at this moment."""
        self._heard_at = at


class Abandoning:
    """Counts from when media could hear: after an outage of its own every recorder has its whole time again."""

    name: ClassVar[str] = "lost recordings"

    def __init__(self, engine: AsyncEngine, settings: Settings, hearing: Hearing) -> None:
        self._engine = engine
        self._unclaimed = timedelta(seconds=settings.unclaimed_seconds)
        self._abandoned = timedelta(seconds=settings.abandoned_seconds)
        self._hearing = hearing

    async def next(self, resting: Collection[Hashable]) -> RecordingId | None:
        at = now()
        since = self._hearing.since(at)
        async with self._engine.begin() as connection:
            found = await recordings.next_lost(connection, since=self._silence(at, heard_since=since), resting=resting)
        self._hearing.heard(at)
        return found

    async def handle(self, item: RecordingId) -> None:
        at = now()
        silence = self._silence(at, heard_since=self._hearing.since(at))
        async with self._engine.begin() as connection:
            stored = await recordings.find(connection, item, lock=True)
            if stored is None or await recordings.next_lost(connection, since=silence, only=item) is None:
                return  # its recorder was heard of meanwhile
            ended = life.abandon(stored, at=at)
            if ended.state is stored.state:
                await keep(connection, ended)
            else:
                await move(connection, stored, ended)
        log.warning("recording.abandoned", recording_id=str(item), state=ended.state)

    def _silence(self, at: datetime, *, heard_since: datetime) -> Silence:
        """None lasts long enough while media itself has not listened for so long."""
        requested, begun = at - self._unclaimed, at - self._abandoned
        return Silence(
            requested=requested if heard_since <= requested else None, begun=begun if heard_since <= begun else None
        )
