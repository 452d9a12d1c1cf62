"""One speaker's audio on its way to disk: placed, written as Ogg Opus, cut into segments."""

import msgspec

from contracts.media import Gap
from recorder_bot.domain.gaps import gap
from recorder_bot.domain.timeline import STALL_SAMPLES, Placed, Timeline, on_grid
from voice import opus
from voice.events import Frame
from voice.ogg import HEADER_PAGES, Position, Writer

CONCEALED_MAX = 10
"""So many lost packets in a row are left to the decoder to make up for (0.2 s); more of it would be invention."""
HELD_SAMPLES = 3 * opus.SAMPLE_RATE
"""Frames that wait for their key, or for those before them, come within this time."""


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Where segments are cut: none spans more time, none grows (much) larger."""

    samples_max: int
    bytes_max: int


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Whole Ogg pages that follow what was taken before of the segment that begins at `first_sample`."""

    user_id: int
    first_sample: int
    data: bytes
    end: int
    """Where they end, in samples."""
    begin: int = 0
    frames: int = 0
    """Of those received; silence that fills up is not counted."""
    gaps: tuple[Gap, ...] = ()
    complete: bool = False
    """Nothing more belongs to this segment."""


class _Segment:
    """Pages bear numbers as of a stream that goes on; whoever joins segments writes the headers and numbers anew."""

    def __init__(self, user_id: int, first_sample: int) -> None:
        self.first_sample = first_sample
        self.writer = Writer(Position(serial=user_id & 0xFFFF_FFFF, page=HEADER_PAGES, granule=first_sample))
        self.bytes = self.frames = 0
        self.cut_at = first_sample
        self.gaps: list[Gap] = []


class Track:
    """While its speaker is there, silence is written too; while they are not, there is nothing, which plays as silence.

    `present` is for whoever knows that to change.
    """

    def __init__(self, user_id: int, *, cut: Cut, end: int = 0) -> None:
        self.user_id = user_id
        self.ssrc: int | None = None
        self.present = True
        self.timeline = Timeline(end=end)
        self._cut = cut
        self._open: _Segment | None = None
        self._last = opus.SILENCE
        self._complete: list[Piece] = []
        self._unheard: tuple[int, str] | None = None
        """Speech was interrupted up to here; where it goes on soon, the rest up to there is missing, too."""
        self.late_gaps: list[Gap] = []
        """For the owner to take."""

    def write(self, frame: Frame, *, arrival: int) -> bool:
        """False when the frame was left out, so that the track keeps time."""
        placed = self.timeline.place(frame, arrival=arrival)
        if placed is None:
            return False
        self._write(placed)
        return True

    def expected(self, arrival: int) -> int:
        """Where a frame belongs that did not come, though it should have, at `arrival` at the latest."""
        self._write(self.timeline.settle())
        position = self.timeline.expected(arrival)
        self._hear_again(position)
        return position

    def interrupt(self, start: int, *, end: int, cause: str) -> int:
        """Nothing was received between two positions. Return from where on this track's audio is missing: from its last
        frame on, if its speaker was speaking."""
        self._write(self.timeline.settle())
        speaking_until = self.timeline.unfinished(start)
        self.timeline.break_off()
        self.timeline.skip(end)
        if speaking_until is None:
            return max(start, self.timeline.spoken_until)
        self._unheard = end, cause
        return min(speaking_until, end)

    def break_off(self) -> None:
        """Whatever comes next begins a spurt."""
        self._write(self.timeline.settle())
        self.timeline.break_off()

    def conceal(self, packets: int, *, at: int) -> None:
        """Packets that were lost at this position are empty ones instead, if they follow a voice: a decoder goes on
        from what it heard last instead of falling silent."""
        if at != self.timeline.end or opus.is_silence(self._last) or self._open is None:
            return
        empty = opus.concealment(self._last)
        for _ in range(min(packets, CONCEALED_MAX)):
            end = self.timeline.end
            segment = self._segment_until(end, end + opus.samples(empty))
            segment.writer.write(empty)
            self.timeline.end = segment.writer.samples

    def miss(self, gap: Gap) -> bool:
        """False when there is no segment that could tell it."""
        if self._open is None or self._open.writer.samples == self._open.first_sample:
            return False
        self._open.gaps.append(gap)
        return True

    def begin_segment(self, position: int) -> None:
        """The speaker is there, and silent so far."""
        self._open = self._open or _Segment(self.user_id, max(on_grid(position), self.timeline.end))

    def end_segment(self, position: int = 0) -> None:
        """At the end, or before a time of which nothing is written; silent up to `position`."""
        self._write(self.timeline.settle())
        if self._open:
            if self.present:
                self._segment_until(position, position)
            self._complete.append(self._piece(self._open, self._open.writer.cut(), complete=True))
            self._open = None

    def discard(self, piece: Piece) -> None:
        """It could not be kept: its segment ends before it, and what follows is another segment."""
        before = Piece(
            user_id=self.user_id,
            first_sample=piece.first_sample,
            data=b"",
            end=piece.begin,
            begin=piece.begin,
            complete=True,
        )
        if self._open and self._open.first_sample == piece.first_sample:
            self._open.first_sample = piece.end
        later = [
            msgspec.structs.replace(each, first_sample=piece.end) if each.first_sample == piece.first_sample else each
            for each in self._complete
        ]
        self._complete = [before, *later]

    def drain(self, position: int) -> list[Piece]:
        """Everything written since. `position` of the recording is now; what was said shortly before may still come."""
        self._write(self.timeline.settle(position))
        settled = position - HELD_SAMPLES
        if self._open and settled >= self._open.first_sample + self._cut.samples_max:
            if self.present:
                self._segment_until(settled, settled)
            else:
                self.end_segment()
        taken, self._complete = self._complete, []
        if self._open and (data := self._open.writer.cut()):
            taken.append(self._piece(self._open, data, complete=False))
        return taken

    def _write(self, placed: list[Placed]) -> None:
        for one in placed:
            if self._unheard:
                self._hear_again(one.position)
            segment = self._segment_until(one.position, one.position + opus.samples(one.frame.opus))
            segment.writer.write(one.frame.opus)
            segment.bytes += len(one.frame.opus)
            self._last = one.frame.opus
            segment.frames += 1

    def _hear_again(self, position: int) -> None:
        if self._unheard:
            (end, cause), self._unheard = self._unheard, None
            if 0 < position - end <= STALL_SAMPLES:
                self.late_gaps.append(gap(end, position, cause))

    def _segment_until(self, begin: int, end: int) -> _Segment:
        """The segment in which what lasts from `begin` to `end` has room, silent up to there."""
        segment = self._open or _Segment(self.user_id, begin)
        while end > (full := segment.first_sample + self._cut.samples_max) or segment.bytes >= self._cut.bytes_max:
            segment.writer.write_silence(min(begin, full))
            self._complete.append(self._piece(segment, segment.writer.cut(), complete=True))
            segment = _Segment(self.user_id, segment.writer.samples)
        segment.writer.write_silence(begin)
        self.timeline.end = max(self.timeline.end, segment.writer.samples)
        self._open = segment
        return segment

    def _piece(self, segment: _Segment, data: bytes, *, complete: bool) -> Piece:
        gaps, segment.gaps = tuple(segment.gaps), []
        begin, segment.cut_at = segment.cut_at, segment.writer.samples
        frames, segment.frames = segment.frames, 0
        return Piece(
            user_id=self.user_id,
            first_sample=segment.first_sample,
            data=data,
            begin=begin,
            end=segment.writer.samples,
            frames=frames,
            gaps=gaps,
            complete=complete,
        )
