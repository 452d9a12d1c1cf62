"""The segments of one recording: open ones that grow, and sealed ones that wait for their upload."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from contracts.ids import new_id
from contracts.media import Gap, SegmentWanted
from recorder_bot.domain.gaps import merged
from recorder_bot.domain.track import Piece
from recorder_bot.store import files
from voice import ogg

PAGES, GAPS, SEAL = ".ogg", ".gaps", ".json"
REFUSED = "refused"

_gap_lines = msgspec.json.Decoder(Gap)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why media will never take a segment."""

    code: str
    detail: str
    segment: SegmentWanted


class Segments:
    """`open/<speaker>-<first sample>.ogg`, and `sealed/<id>.ogg` beside the `<id>.json` that media is told; what media
    refuses goes to `refused/`, beside the reason.
    """

    def __init__(self, folder: Path) -> None:
        self._open, self._sealed, self._refused = folder / "open", folder / "sealed", folder / REFUSED
        for each in (self._open, self._sealed):
            each.mkdir(parents=True, exist_ok=True)

    def write(self, pieces: Iterable[Piece]) -> int:
        """On disk when it returns; answers how many bytes that were. What is complete is sealed."""
        written = 0
        for piece in pieces:
            path = self._open / f"{piece.user_id}-{piece.first_sample}{PAGES}"
            if piece.gaps:
                lines = b"".join(msgspec.json.encode(gap) + b"\n" for gap in piece.gaps)
                files.append(path.with_suffix(GAPS), lines)
            if piece.data:
                files.append(path, piece.data)
                written += len(piece.data)
            if piece.complete:
                self._seal(path)
        return written

    def seal_all(self) -> dict[int, int]:
        """What a recorder left that was killed. Answers where each speaker's segments end, in samples."""
        for path in sorted(self._open.glob(f"*{PAGES}")):
            self._seal(path)
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
        for path in self._open.iterdir():
            if path.name.partition("-")[0] in unwanted:
                path.unlink()
        for wanted in self.waiting():
            if wanted.discord_id in unwanted:
                self.forget(wanted)
        for seal in self._refused.glob(f"*{SEAL}"):
            if msgspec.json.decode(seal.read_bytes(), type=Refusal).segment.discord_id in unwanted:
                seal.with_suffix(PAGES).unlink(missing_ok=True)
                seal.unlink()

    def remove(self) -> None:
        """Everything but what was refused."""
        for each in (self._open, self._sealed):
            shutil.rmtree(each, ignore_errors=True)

    def _path(self, wanted: SegmentWanted) -> Path:
        return self._sealed / f"{wanted.id}{PAGES}"

    def _seal(self, path: Path) -> None:
        """Cut off what is no whole page, and write down what is left; a crash in between leaves it open."""
        speaker, _, first_sample = path.stem.partition("-")
        data, last_sample = _whole_pages(path.read_bytes() if path.exists() else b"")
        gap_file = path.with_suffix(GAPS)
        if data:
            found = gap_file.read_bytes().splitlines() if gap_file.exists() else []
            wanted = SegmentWanted(
                id=new_id(),
                discord_id=speaker,
                first_sample=int(first_sample),
                last_sample=last_sample,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                gaps=merged(map(_gap_lines.decode, found)),
            )
            if len(data) < path.stat().st_size:
                files.replace(path, data)
            files.replace(self._path(wanted).with_suffix(SEAL), msgspec.json.encode(wanted))
            path.rename(self._path(wanted))
            files.sync_folder(self._sealed)
        path.unlink(missing_ok=True)
        gap_file.unlink(missing_ok=True)


def _whole_pages(data: bytes) -> tuple[bytes, int]:
    """As many pages as are whole, and the granule position at their end."""
    size, granule = 0, 0
    try:
        for page in ogg.pages(data):
            size += len(ogg.encode(page))
            granule = page.granule
    except ogg.Malformed:
        pass
    return data[:size], granule
