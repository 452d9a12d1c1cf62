"""The spool: a folder for each recording that this recorder has taken and media has not got all of."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from contracts.ids import RecordingId, new_id
from contracts.media import SegmentWanted
from recorder_bot.domain.state import Checkpoint, SessionState
from recorder_bot.domain.track import Piece
from recorder_bot.store import files
from recorder_bot.store.completion import run_to_completion
from recorder_bot.store.segments import PAGES, REFUSED, Refusal, Segments

Kept = TypeVar("Kept", SessionState, Checkpoint)
Result = TypeVar("Result")

STATE, CHECKPOINT, HOLDER, LOCK = "recording.json", "alive.json", "holder", "lock"


class Folder:
    """One recording's. Calls run in threads, one after the other, so that the event loop never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._segments = Segments(path)
        self._turn = asyncio.Lock()

    async def save(self, state: SessionState) -> None:
        await self._alone(files.replace, self.path / STATE, msgspec.json.encode(state))

    async def state(self) -> SessionState | None:
        """None when the recorder was killed before it had written that down."""
        return await asyncio.to_thread(_read, self.path / STATE, SessionState)

    async def write(self, pieces: Iterable[Piece]) -> int:
        return await self._alone(self._segments.write, list(pieces))

    async def mark(self, checkpoint: Checkpoint) -> None:
        await self._alone(files.replace, self.path / CHECKPOINT, msgspec.json.encode(checkpoint))

    async def checkpoint(self) -> Checkpoint:
        return await asyncio.to_thread(_read, self.path / CHECKPOINT, Checkpoint) or Checkpoint()

    async def seal_all(self) -> dict[int, int]:
        return await self._alone(self._segments.seal_all)

    async def waiting(self) -> list[SegmentWanted]:
        return await self._alone(self._segments.waiting)

    async def read(self, wanted: SegmentWanted) -> bytes:
        return await asyncio.to_thread(self._segments.read, wanted)

    async def forget(self, wanted: SegmentWanted) -> None:
        await self._alone(self._segments.forget, wanted)

    async def refuse(self, refusal: Refusal) -> None:
        await self._alone(self._segments.refuse, refusal)

    async def erase(self, speakers: Iterable[str]) -> None:
        await self._alone(self._segments.erase, speakers)

    async def remove(self) -> None:
        """There is nothing more to do for it. What media refused stays, for whoever runs the recorder."""
        await self._alone(self._remove)

    async def _alone(self, work: Callable[..., Result], *arguments: object) -> Result:
        async with self._turn:
            return await run_to_completion(asyncio.to_thread(work, *arguments))

    def _remove(self) -> None:
        (self.path / STATE).unlink(missing_ok=True)
        if (self.path / REFUSED).exists():
            (self.path / CHECKPOINT).unlink(missing_ok=True)
            self._segments.remove()
        else:
            shutil.rmtree(self.path, ignore_errors=True)


class Spool:
    """The folder of folders. `holder` is the recorder's own name, the same after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = path / HOLDER
        if not name.exists():
            files.replace(name, f"recorder-{new_id()}".encode())
        self.holder = name.read_text()

    def lock(self) -> bool:
        """Whether the spool is this recorder's alone. The lock ends with the process."""
        if self._lock is None:
            descriptor = os.open(self._path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                self._lock = descriptor
        return self._lock is not None

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def folder(self, recording_id: RecordingId) -> Folder:
        return Folder(self._path / str(recording_id))

    def has(self, recording_id: RecordingId) -> bool:
        """Whether it is under way, here."""
        return (self._path / str(recording_id) / STATE).exists()

    async def left(self, *, besides: Collection[RecordingId] = ()) -> list[tuple[Folder, SessionState]]:
        """What was under way when its recorder stopped."""
        names = set(map(str, besides))
        found = [path for path in sorted(self._path.iterdir()) if (path / STATE).exists() and path.name not in names]
        known = [(folder, await folder.state()) for folder in map(Folder, found)]
        return [(folder, state) for folder, state in known if state]

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._path).free

    async def refused(self) -> int:
        """How many segments media will never take."""
        found = await asyncio.to_thread(lambda: list(self._path.glob(f"*/{REFUSED}/*{PAGES}")))
        return len(found)


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None
