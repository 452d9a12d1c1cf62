"""The spool: a folder for each recording that this recorder has taken and media has not got all of."""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from contracts.ids import RecordingId, new_id
from contracts.media import SegmentWanted
from recorder_bot.domain.track import Piece
from recorder_bot.domain.underway import Alive, Underway
from recorder_bot.store import files
from recorder_bot.store.segments import Segments

Kept = TypeVar("Kept", Underway, Alive)

UNDERWAY, ALIVE, HOLDER = "recording.json", "alive.json", "holder"


class Folder:
    """One recording's. Calls run in threads, one after the other, so that the event loop never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._segments = Segments(path)
        self._turn = asyncio.Lock()

    async def save(self, underway: Underway) -> None:
        async with self._turn:
            await asyncio.to_thread(files.replace, self.path / UNDERWAY, msgspec.json.encode(underway))

    async def underway(self) -> Underway | None:
        """None when the recorder was killed before it had written that down."""
        return await asyncio.to_thread(_read, self.path / UNDERWAY, Underway)

    async def write(self, pieces: Iterable[Piece]) -> int:
        async with self._turn:
            return await asyncio.to_thread(self._segments.write, list(pieces))

    async def mark(self, alive: Alive) -> None:
        async with self._turn:
            await asyncio.to_thread(files.replace, self.path / ALIVE, msgspec.json.encode(alive))

    async def alive(self) -> Alive:
        return await asyncio.to_thread(_read, self.path / ALIVE, Alive) or Alive()

    async def seal_all(self) -> dict[int, int]:
        async with self._turn:
            return await asyncio.to_thread(self._segments.seal_all)

    async def waiting(self) -> list[SegmentWanted]:
        return await asyncio.to_thread(self._segments.waiting)

    async def read(self, wanted: SegmentWanted) -> bytes:
        return await asyncio.to_thread(self._segments.read, wanted)

    async def forget(self, wanted: SegmentWanted) -> None:
        async with self._turn:
            await asyncio.to_thread(self._segments.forget, wanted)

    async def erase(self, speakers: Iterable[str]) -> None:
        async with self._turn:
            await asyncio.to_thread(self._segments.erase, speakers)

    async def remove(self) -> None:
        async with self._turn:
            await asyncio.to_thread(shutil.rmtree, self.path, ignore_errors=True)


class Spool:
    """The folder of folders. `holder` is the recorder's own name, the same after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = path / HOLDER
        if not name.exists():
            files.replace(name, f"recorder-{new_id()}".encode())
        self.holder = name.read_text()

    def folder(self, recording_id: RecordingId) -> Folder:
        return Folder(self._path / str(recording_id))

    async def left(self) -> list[tuple[Folder, Underway]]:
        """What was under way when the recorder stopped."""
        found = [Folder(path) for path in sorted(self._path.iterdir()) if path.is_dir()]
        known = [(folder, await folder.underway()) for folder in found]
        return [(folder, underway) for folder, underway in known if underway]


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None
