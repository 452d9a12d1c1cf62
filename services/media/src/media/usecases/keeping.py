"""What happens by itself: lost recordings are ended, uploaded ones sealed; what is erased, deleted, unwanted goes."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import idempotency
from chassis.background import raise_if_cancelled
from contracts.ids import RecordingId
from contracts.media import RecordingReady, RecordingState
from contracts.problems import Unavailable
from contracts.times import now
from media.clients.objects import Objects
from media.domain import assembly, life
from media.domain.assembly import File, Segment
from media.domain.life import Held
from media.settings import Settings
from media.store import recordings, segments, tracks
from media.usecases.moving import move
from media.usecases.playing import file_of, read
from media.usecases.sweeping import sweep_next
from media.usecases.telling import keep

logger = structlog.get_logger()

_LOST = frozenset(RecordingState) - life.OVER - {RecordingState.REQUESTED}


class Keeper:
    """One in each process; several do no harm. `wake` when there is something to seal."""

    def __init__(self, engine: AsyncEngine, objects: Objects, settings: Settings) -> None:
        self._engine = engine
        self._objects = objects
        self._settings = settings
        self._bell = asyncio.Event()

    def wake(self) -> None:
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled; what is away is waited for."""
        while True:
            self._bell.clear()
            try:
                await self.sweep()
            except (DBAPIError, OSError, Unavailable) as error:
                logger.warning("sweep.paused", error=repr(error)[:300])
            raise_if_cancelled()
            try:
                async with asyncio.timeout(self._settings.sweep_seconds):
                    await self._bell.wait()
            except TimeoutError:
                pass

    async def sweep(self) -> None:
        """Everything that is due."""
        async with self._engine.begin() as connection:
            await end_lost(connection, settings=self._settings)
            await idempotency.forget(connection, kept_days=self._settings.idempotency_keys_kept_days, limit=1000)
        await self._remove_erased()
        for _ in range(self._settings.uploads_per_sweep_max):
            if not await sweep_next(self._engine, self._objects):
                break
        while await self._seal_next():
            pass
        while await self._sum_next():
            pass
        while await self._remove_next():
            pass

    async def _seal_next(self) -> bool:
        async with self._engine.begin() as connection:
            held = await recordings.next_uploaded(connection)
            found = await segments.of_recording(connection, held.recording.id) if held else {}
        if held is None:
            return False
        duration_ms = max(held.recording.duration_ms, *(assembly.length_ms(one) for one in found.values()), 0)
        files = drawn(held, found, until_ms=duration_ms)
        sums = {number: await self._sum(file) for number, file in files.items()}
        await self._remove_orphans(found)
        async with self._engine.begin() as connection:
            await seal(connection, held.recording.id, duration_ms=duration_ms, files=files, sums=sums)
        return True

    async def _sum_next(self) -> bool:
        """A track of which something was erased is another file."""
        async with self._engine.begin() as connection:
            unsummed = await tracks.next_unsummed(connection)
            file = await _file_of(connection, *unsummed) if unsummed else None
        if unsummed is None or file is None:
            return False
        sha256 = await self._sum(file)
        recording_id, number = unsummed
        async with self._engine.begin() as connection:
            await recordings.find(connection, recording_id, lock=True)
            still = await _file_of(connection, recording_id, number)
            if still is not None and still.etag == file.etag:
                await tracks.seal(connection, recording_id, number, sha256=sha256)
        return True

    async def _sum(self, file: File) -> str:
        """The SHA-256 of a track as a file."""
        content = hashlib.sha256()
        async for chunk in read(file, objects=self._objects):
            content.update(chunk)
        return content.hexdigest()

    async def _remove_orphans(self, found: dict[int, list[Segment]]) -> None:
        """What was uploaded and never acknowledged: also of speakers who opted out meanwhile."""
        for its_segments in found.values():
            for one in its_segments:
                if one.measured is None:
                    await self._objects.remove(one.key)

    async def _remove_erased(self) -> None:
        """Again and again for as long as an address is good by which it might be uploaded once more."""
        at = now()
        async with self._engine.begin() as connection:
            for one in await segments.erased(connection, limit=self._settings.erased_per_sweep_max):
                await self._objects.remove(one.key)
                if one.reserved_at + timedelta(seconds=self._settings.upload_seconds) < at:
                    await segments.removed(connection, one, at=at)

    async def _remove_next(self) -> bool:
        before = now() - timedelta(days=self._settings.deleted_kept_days)
        async with self._engine.begin() as connection:
            recording_id = await recordings.next_deleted(connection, before=before)
            if recording_id is None:
                return False
            for its_segments in (await segments.of_recording(connection, recording_id)).values():
                for one in its_segments:
                    await self._objects.remove(one.key)
            await recordings.remove(connection, recording_id)
        logger.info("recording.removed", recording_id=str(recording_id))
        return True


async def end_lost(connection: AsyncConnection, *, settings: Settings) -> None:
    """Recordings that no recorder took, or went on with, for too long."""
    at = now()
    never = at - timedelta(seconds=settings.unclaimed_seconds)
    lost = at - timedelta(seconds=settings.abandoned_seconds)
    waiting = await recordings.untouched(connection, since=never, states=[RecordingState.REQUESTED])
    for held in [*waiting, *await recordings.untouched(connection, since=lost, states=_LOST)]:
        ended = life.abandon(held, at=at)
        if ended.state is held.state:
            await keep(connection, ended)
        else:
            await move(connection, held, ended)
        logger.warning("recording.abandoned", recording_id=str(held.recording.id), state=ended.state)


async def seal(
    connection: AsyncConnection,
    recording_id: RecordingId,
    *,
    duration_ms: int,
    files: Mapping[int, File],
    sums: Mapping[int, str],
) -> Held | None:
    """It is ready, unless another process has said so already, or a speaker had something erased meanwhile."""
    held = await recordings.find(connection, recording_id, lock=True)
    if held is None or held.state is not RecordingState.FINISHING:
        return None
    still = drawn(held, await segments.of_recording(connection, recording_id), until_ms=duration_ms)
    if any(still[number].etag != file.etag for number, file in files.items()):
        return None
    for number, sha256 in sums.items():
        await tracks.seal(connection, recording_id, number, sha256=sha256)
    return await keep(connection, life.seal(held, duration_ms=duration_ms), RecordingReady)


def drawn(held: Held, found: Mapping[int, list[Segment]], *, until_ms: int) -> dict[int, File]:
    """Every track as a file, by its number."""
    return {
        track.number: assembly.draw(
            held.recording.id,
            track.number,
            speaker=track.speaker,
            segments=found.get(track.number, []),
            until_ms=until_ms,
        )
        for track in held.recording.tracks
    }


async def _file_of(connection: AsyncConnection, recording_id: RecordingId, number: int) -> File | None:
    held = await recordings.find(connection, recording_id)
    return None if held is None else await file_of(connection, held, number)
