"""The segments of one recording: open ones that grow, and sealed ones that wait for their upload."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from contracts.ids import new_id
from contracts.media import SegmentWanted
from recorder_bot.domain.gaps import merged
from recorder_bot.domain.track import Piece
from recorder_bot.store import files
from recorder_bot.store.journal import Journal

PAGES, SEAL = ".ogg", ".json"
JOURNAL, REFUSED = "open.journal", "refused"

Key = tuple[int, int]
"""A segment's speaker and first sample."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why media will never take a segment."""

    code: str
    detail: str
    segment: SegmentWanted


class Segments:
    """What is open is in memory and in `open.journal`, where a complete piece says that its segment is sealed: it is
    `sealed/<id>.ogg` beside the `<id>.json` that media is told. What media refuses is in `refused/`, with the reason.
    """

    def __init__(self, folder: Path) -> None:
        self._sealed, self._refused = folder / "sealed", folder / REFUSED
        self._sealed.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(folder / JOURNAL)
        self._open: dict[Key, list[Piece]] = {}
        self._complete: set[Key] = set()
        """Of those that are open: to be sealed as soon as the disk takes it."""
        self._markers: list[Piece] = []
        """Say which segments were sealed; they go into the journal with the next pieces."""
        for piece in self._journal.read():
            if piece.complete:
                self._open.pop(_key(piece), None)
            else:
                self._open.setdefault(_key(piece), []).append(piece)

    def write(self, pieces: Sequence[Piece]) -> int:
        """On disk when it returns; answers how many bytes that were. Raises OSError when there is no room; then none of
        it is kept. Complete segments are sealed, at the latest when there is room again."""
        kept = [msgspec.structs.replace(piece, complete=False) for piece in pieces if piece.data or piece.gaps]
        self._journal.append([*self._markers, *kept])
        self._markers.clear()
        for piece in kept:
            self._open.setdefault(_key(piece), []).append(piece)
        self._complete |= {_key(piece) for piece in pieces if piece.complete}
        with contextlib.suppress(OSError):
            self._seal_complete()
        return sum(len(piece.data) for piece in kept)

    def seal_all(self) -> dict[int, int]:
        """What a recorder left that was killed. Answers where each speaker's segments end, in samples."""
        sealed = {(int(wanted.discord_id), wanted.first_sample) for wanted in self.waiting()}
        for scratch in self._sealed.glob("*.new"):
            scratch.unlink()
        for key, pieces in self._open.items():
            if key not in sealed:
                self._seal(pieces)
        self._open.clear()
        self._journal.remove()
        ends: dict[int, int] = {}
        for wanted in self.waiting():
            speaker = int(wanted.discord_id)
            ends[speaker] = max(ends.get(speaker, 0), wanted.last_sample)
        return ends

    def waiting(self) -> list[SegmentWanted]:
        """Sealed and not yet acknowledged, oldest first."""
        seals = sorted(self._sealed.glob(f"*{SEAL}"))
        return [
            msgspec.json.decode(seal.read_bytes(), type=SegmentWanted)
            for seal in seals
            if seal.with_suffix(PAGES).exists()
        ]

    def read(self, wanted: SegmentWanted) -> bytes:
        return self._path(wanted).read_bytes()

    def forget(self, wanted: SegmentWanted) -> None:
        self._path(wanted).unlink(missing_ok=True)
        self._path(wanted).with_suffix(SEAL).unlink(missing_ok=True)

    def refuse(self, refusal: Refusal) -> None:
        """Set it aside. In this order a crash in between loses nothing: it is refused again, or lies there already."""
        pages = self._path(refusal.segment)
        self._refused.mkdir(exist_ok=True)
        files.replace(self._refused / pages.with_suffix(SEAL).name, msgspec.json.encode(refusal))
        pages.rename(self._refused / pages.name)
        files.sync_folder(self._refused)
        pages.with_suffix(SEAL).unlink(missing_ok=True)

    def erase(self, speakers: Iterable[str]) -> None:
        """Not a byte of these people stays."""
        unwanted = frozenset(speakers)
        self._open = {key: pieces for key, pieces in self._open.items() if str(key[0]) not in unwanted}
        for wanted in self.waiting():
            if wanted.discord_id in unwanted:
                self.forget(wanted)
        for seal in self._refused.glob(f"*{SEAL}"):
            if msgspec.json.decode(seal.read_bytes(), type=Refusal).segment.discord_id in unwanted:
                seal.with_suffix(PAGES).unlink(missing_ok=True)
                seal.unlink()
        self._rewrite_journal()

    def remove(self) -> None:
        """Everything but what was refused."""
        self._journal.remove()
        shutil.rmtree(self._sealed, ignore_errors=True)

    def _path(self, wanted: SegmentWanted) -> Path:
        return self._sealed / f"{wanted.id}{PAGES}"

    def _seal_complete(self) -> None:
        for key in sorted(self._complete):
            pieces = self._open.get(key)
            if pieces:
                self._seal(pieces)
                self._markers.append(msgspec.structs.replace(pieces[-1], data=b"", gaps=(), complete=True))
                del self._open[key]
            self._complete.discard(key)
        if self._markers:
            self._journal.append(self._markers)
            self._markers.clear()
        if self._journal.is_long:
            self._rewrite_journal()

    def _rewrite_journal(self) -> None:
        self._journal.replace(piece for pieces in self._open.values() for piece in pieces)

    def _seal(self, pieces: list[Piece]) -> None:
        """The pages come last: a crash in between leaves a seal without, which is none, and the segment open."""
        data, first = b"".join(piece.data for piece in pieces), pieces[0]
        if not data:
            return
        wanted = SegmentWanted(
            id=new_id(),
            discord_id=str(first.user_id),
            first_sample=first.first_sample,
            last_sample=pieces[-1].end,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            gaps=merged(gap for piece in pieces for gap in piece.gaps),
        )
        path = self._path(wanted)
        try:
            files.replace(path.with_suffix(SEAL), msgspec.json.encode(wanted))
            files.replace(path, data)
        except OSError:
            path.with_suffix(SEAL).unlink(missing_ok=True)
            raise


def _key(piece: Piece) -> Key:
    return piece.user_id, piece.first_sample
