"""Recordings that are complete are sealed: each track is read once as a file, and its sum kept."""

import hashlib
from collections.abc import Collection, Hashable, Mapping
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.ids import RecordingId
from contracts.media import RecordingReady, RecordingState
from media.clients.objects import Objects
from media.domain import assembly, life
from media.domain.assembly import File, Segment
from media.domain.life import StoredRecording
from media.store import recordings, segments, tracks
from media.usecases.playing import file_of, read
from media.usecases.telling import keep


class Sealing:
    """No transaction is open while a recording is read."""

    name: ClassVar[str] = "sealing"

    def __init__(self, engine: AsyncEngine, objects: Objects) -> None:
        self._engine = engine
        self._objects = objects

    async def next(self, resting: Collection[Hashable]) -> RecordingId | None:
        async with self._engine.begin() as connection:
            return await recordings.next_uploaded(connection, resting=resting)

    async def handle(self, item: RecordingId) -> None:
        async with self._engine.begin() as connection:
            stored = await recordings.find(connection, item)
            found = await segments.of_recording(connection, item)
        if stored is None:
            return
        duration_ms = max(stored.recording.duration_ms, *(assembly.length_ms(one) for one in found.values()), 0)
        files = laid_out(stored, found, until_ms=duration_ms)
        sums = {number: await _sum(file, objects=self._objects) for number, file in files.items()}
        # What was never acknowledged is not kept: also of speakers who opted out meanwhile.
        await self._objects.remove_all([one.key for its in found.values() for one in its if one.measured is None])
        async with self._engine.begin() as connection:
            await seal(connection, item, duration_ms=duration_ms, files=files, sums=sums)


class Resumming:
    """A track of which something was erased is another file, and has another sum."""

    name: ClassVar[str] = "sums of erased tracks"

    def __init__(self, engine: AsyncEngine, objects: Objects) -> None:
        self._engine = engine
        self._objects = objects

    async def next(self, resting: Collection[Hashable]) -> tuple[RecordingId, int] | None:
        async with self._engine.begin() as connection:
            return await tracks.next_unsummed(connection, resting=resting)

    async def handle(self, item: tuple[RecordingId, int]) -> None:
        recording_id, number = item
        async with self._engine.begin() as connection:
            file = await _file_of(connection, recording_id, number)
        if file is None:
            return
        sha256 = await _sum(file, objects=self._objects)
        async with self._engine.begin() as connection:
            await recordings.find(connection, recording_id, lock=True)
            still = await _file_of(connection, recording_id, number)
            if still is not None and still.etag == file.etag:
                await tracks.seal(connection, recording_id, number, sha256=sha256)


async def seal(
    connection: AsyncConnection,
    recording_id: RecordingId,
    *,
    duration_ms: int,
    files: Mapping[int, File],
    sums: Mapping[int, str],
) -> StoredRecording | None:
    """It is ready, unless another process has said so already, or a speaker had something erased meanwhile."""
    stored = await recordings.find(connection, recording_id, lock=True)
    if stored is None or stored.state is not RecordingState.FINISHING:
        return None
    still = laid_out(stored, await segments.of_recording(connection, recording_id), until_ms=duration_ms)
    if any(still[number].etag != file.etag for number, file in files.items()):
        return None
    for number, sha256 in sums.items():
        await tracks.seal(connection, recording_id, number, sha256=sha256)
    return await keep(connection, life.seal(stored, duration_ms=duration_ms), RecordingReady)


def laid_out(stored: StoredRecording, found: Mapping[int, list[Segment]], *, until_ms: int) -> dict[int, File]:
    """Every track as a file, by its number."""
    return {
        track.number: assembly.layout_track(
            stored.recording.id,
            track.number,
            speaker=track.speaker,
            segments=found.get(track.number, []),
            until_ms=until_ms,
        )
        for track in stored.recording.tracks
    }


async def _sum(file: File, *, objects: Objects) -> str:
    """The SHA-256 of a track as a file."""
    content = hashlib.sha256()
    async for chunk in read(file, objects=objects):
        content.update(chunk)
    return content.hexdigest()


async def _file_of(connection: AsyncConnection, recording_id: RecordingId, number: int) -> File | None:
    stored = await recordings.find(connection, recording_id)
    return None if stored is None else await file_of(connection, stored, number)
