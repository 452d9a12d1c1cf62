"""How segments become one file: what stands at which byte of it, before any of it is read."""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from contracts.ids import RecordingId
from contracts.media import Gap, Speaker
from media.domain import pages
from media.domain.pages import Measured
from voice import ogg, opus

SAMPLES_PER_MS: Final = opus.SAMPLE_RATE // 1000
FILL_SAMPLES_MAX: Final = 60 * pages.SILENCE_PAGE_SAMPLES
"""Silence is made a minute at a time."""
ABSENT: Final = "absent"
"""Nothing was recorded because the speaker was not there (yet, or any more)."""
SEGMENT_MISSING: Final = "segment_missing"
ERASED: Final = "erased"
"""The speaker had it erased."""
OVERLAPPED: Final = "overlapped"
"""The same time lies in another segment as well; at their seam a part may be in neither."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a track; `measured` once it is acknowledged, no longer when its speaker had it erased."""

    id: UUID
    key: str
    first_sample: int
    last_sample: int
    size: int
    sha256: str
    measured: Measured | None = None
    erased: bool = False


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive pages of the file: header, segment, or silence."""

    size: int
    page: int
    sample: int
    header: bytes = b""
    segment: Segment | None = None
    silence: int = 0
    """Samples of silence."""
    end: int | None = None
    """The granule position at which playing ends, if it ends here."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A track as a file. `gaps` are those that only putting it together has shown."""

    serial: int
    etag: str
    size: int
    duration_ms: int
    pieces: tuple[Piece, ...]
    gaps: tuple[Gap, ...]


class TrackLayout:
    """A file as it grows: where the next page stands."""

    def __init__(self, header: bytes) -> None:
        self.pieces = [Piece(size=len(header), page=0, sample=0, header=header)]
        self.page = ogg.HEADER_PAGES
        self.sample = 0

    def fill(self, until: int) -> None:
        """Silence up to a sample."""
        while self.sample < until:
            self._silence(min(until - self.sample, FILL_SAMPLES_MAX))

    def place(self, segment: Segment, measured: Measured) -> None:
        size = measured.to_byte - measured.from_byte
        self.pieces.append(Piece(size=size, page=self.page, sample=self.sample, segment=segment))
        self.page += measured.pages
        self.sample += measured.samples

    def close(self, end: int) -> None:
        """The last pages: silence over the end, which is cut to the sample (RFC 7845, section 4.4)."""
        whole = -(-(end - self.sample) // opus.SILENCE_SAMPLES) * opus.SILENCE_SAMPLES
        self._silence(whole, end=end)

    def _silence(self, samples: int, *, end: int | None = None) -> None:
        count, size = pages.silence_size(samples)
        self.pieces.append(Piece(size=size, page=self.page, sample=self.sample, silence=samples, end=end))
        self.page += count
        self.sample += samples


def layout_track(
    recording_id: RecordingId, number: int, *, speaker: Speaker, segments: Sequence[Segment], until_ms: int | None
) -> File:
    """The file of track `number`, `until_ms` long; without it, as long as what is acknowledged.

    What is not acknowledged is silence and a gap. Of two segments that overlap the later one is left out.
    """
    serial = int.from_bytes(hashlib.sha256(f"{recording_id}/{number}".encode()).digest()[:4], "little")
    comments = (f"ARTIST={speaker.name}", f"TRACKNUMBER={number}", f"RECORDING={recording_id}")
    layout = TrackLayout(pages.header(serial, comments=comments))
    gaps: list[Gap] = []
    seen = hashlib.sha256(f"{recording_id}/{number}/{speaker.name}".encode())
    for segment in sorted(segments, key=lambda one: (one.first_sample, one.id)):
        if segment.measured is None or segment.first_sample < layout.sample:
            continue
        gaps += _holes(layout.sample, segment.first_sample, segments)
        layout.fill(segment.first_sample)
        layout.place(segment, segment.measured)
        seen.update(f"/{segment.first_sample}:{segment.sha256}".encode())
    duration_ms = _milliseconds(layout.sample) if until_ms is None else until_ms
    until = duration_ms * SAMPLES_PER_MS
    gaps += _holes(layout.sample, until, segments)
    _reach(layout, until)
    seen.update(f"/{until}".encode())
    return File(
        serial=serial,
        etag=f'"{seen.hexdigest()[:40]}"',
        size=sum(piece.size for piece in layout.pieces),
        duration_ms=duration_ms,
        pieces=tuple(layout.pieces),
        gaps=tuple(gaps),
    )


def _reach(layout: TrackLayout, until: int) -> None:
    """Silence until the end; the last pieces are at most a minute each."""
    layout.fill(until // opus.SILENCE_SAMPLES * opus.SILENCE_SAMPLES)
    layout.close(max(until, layout.sample) + ogg.PRE_SKIP)


def _holes(first: int, last: int, segments: Sequence[Segment]) -> list[Gap]:
    """Why nothing lies between two samples: segments that never came, or were left out; or nobody was there."""
    gaps: list[Gap] = []
    for one in sorted(segments, key=lambda one: (one.first_sample, one.id)):
        begin, end = max(first, one.first_sample), min(one.last_sample, last)
        if begin < end:
            gaps += _gap(first, begin, ABSENT)
            gaps += _gap(begin, end, _why(one))
            first = end
    return gaps + _gap(first, last, ABSENT)


def _why(left_out: Segment) -> str:
    if left_out.erased:
        return ERASED
    return SEGMENT_MISSING if left_out.measured is None else OVERLAPPED


def _gap(first: int, last: int, cause: str) -> list[Gap]:
    start_ms, end_ms = first // SAMPLES_PER_MS, last // SAMPLES_PER_MS
    return [Gap(start_ms=start_ms, length_ms=end_ms - start_ms, cause=cause)] if end_ms > start_ms else []


def _milliseconds(sample: int) -> int:
    return -(-sample // SAMPLES_PER_MS)


def length_ms(segments: Sequence[Segment]) -> int:
    """Where the last acknowledged segment ends."""
    return max((_milliseconds(one.last_sample) for one in segments if one.measured is not None), default=0)
