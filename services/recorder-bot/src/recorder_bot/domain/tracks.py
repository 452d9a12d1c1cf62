"""One recording between what is heard and what is written: whose frames count, when, and where they belong."""

from collections.abc import Iterable, Mapping

import msgspec

from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.accounts import Accounts
from recorder_bot.domain.clock import ClockHistory, RecordingClock, milliseconds
from recorder_bot.domain.gaps import UnplacedGap
from recorder_bot.domain.track import Cut, Piece, Track
from voice import opus
from voice.events import EncryptionLost, EncryptionRestored, Frame, Heard, Joined, Left, Outage
from voice.events import Gap as Missing

FRAME_SAMPLES = opus.SILENCE_SAMPLES


class NewSpeaker(msgspec.Struct, frozen=True):
    """Somebody has a track, or goes on with it under another SSRC."""

    user_id: int
    ssrc: int


class Tracks:
    """`hear` is the listener of a voice connection, `drain` returns what is to be written; the segment writer takes
    `new_speakers` and `unplaced_gaps`. Nothing is kept of a speaker once their opt-out is known.
    """

    def __init__(
        self,
        *,
        cut: Cut,
        tracks_max: int,
        opted_out: Iterable[int] = (),
        ends: Mapping[int, int] | None = None,
    ) -> None:
        self.accounts = Accounts()
        self.new_speakers: list[NewSpeaker] = []
        self.unplaced_gaps: list[UnplacedGap] = []
        self.clock: RecordingClock | None = None
        self.voice_heard_ns: int | None = None
        """When a frame that is not silence arrived last."""
        self.undecryptable = False
        """Nothing of anyone can be decrypted."""
        self._cut, self._tracks_max = cut, tracks_max
        self._opted_out = frozenset(opted_out)
        self._ends = dict(ends or {})
        self._tracks: dict[int, Track] = {}
        self._obstacle: str | None = accounts.NOT_ANNOUNCED
        self._clear_since_ns = 0
        self._ends_ns: int | None = None
        self._clocks = ClockHistory()
        self._interruption: tuple[int, str] | None = None
        """Nothing is received since this position, and why."""

    @property
    def ends(self) -> dict[int, int]:
        """Where each track ends, in samples; nothing may be written before."""
        return self._ends | {user_id: track.timeline.end for user_id, track in self._tracks.items()}

    def position(self, at_ns: int) -> int:
        return self.clock.position(at_ns) if self.clock else 0

    def run(self, clock: RecordingClock) -> None:
        """From here on frames are written."""
        if self.clock is None:
            self._interruption = None
        self._set_clock(clock)
        self._clear_since_ns = clock.at_ns
        for track in self._tracks.values():
            track.break_off()
            if track.present:
                track.begin_segment(clock.samples)
        self._obstacle = None

    def hold(self, cause: str, clock: RecordingClock | None = None) -> None:
        """Frames are dropped until `run`. With a `clock`, the recording's time stands still as well."""
        self._obstacle = cause
        if clock:
            self._set_clock(clock)
        for track in self._tracks.values():
            track.end_segment(clock.samples if clock else 0)

    def end(self, at_ns: int) -> None:
        """What arrives from now on is not written; what arrived before may still be on its way from the connection."""
        self._ends_ns = at_ns

    def opt_out(self, users: Iterable[int]) -> frozenset[int]:
        """Exactly these; answers who is new among them. What was not taken of them is gone."""
        before, self._opted_out = self._opted_out, frozenset(users)
        for user_id in self._opted_out & self._tracks.keys():
            self._ends[user_id] = self._tracks.pop(user_id).timeline.end
        return self._opted_out - before

    def hear(self, heard: Heard) -> None:
        match heard:
            case Frame():
                self._hear_frame(heard)
            case Missing() if heard.user_id is not None:
                self._miss(heard, heard.user_id)
            case Missing():
                self._miss_anyones(heard)
            case EncryptionLost() | EncryptionRestored():
                self.undecryptable = isinstance(heard, EncryptionLost)
            case Joined() | Left() if track := self._tracks.get(heard.user_id):
                track.present = isinstance(heard, Joined)
            case Outage():
                self.interrupt(heard.since_ns, gaps.RECONNECTED)
                if self._obstacle is None:
                    self.resume(heard.until_ns)
            case _:
                pass

    def drain(self, at_ns: int) -> list[Piece]:
        position = self.position(at_ns)
        pieces = [piece for track in self._tracks.values() for piece in track.drain(position)]
        for track in self._tracks.values():
            self._take_late_gaps(track)
        return pieces

    def drain_all(self, at_ns: int) -> list[Piece]:
        """At the end: what is under way is complete."""
        for track in self._tracks.values():
            track.end_segment(self.position(at_ns))
        return self.drain(at_ns)

    def discard(self, pieces: Iterable[Piece], cause: str) -> None:
        """They could not be kept: name what they held."""
        for piece in pieces:
            if track := self._tracks.get(piece.user_id):
                track.discard(piece)
            if piece.frames:
                self.accounts.discard(piece.user_id, piece.frames, cause)
                self._add_gap(piece.begin, piece.end, cause, piece.user_id)
            begin, end = milliseconds(piece.begin), milliseconds(piece.end) if piece.frames else 0
            others = [gap for gap in piece.gaps if not begin <= gap.start_ms < end]
            self.unplaced_gaps += [UnplacedGap(gap, piece.user_id) for gap in others]

    def unfinished(self, at_ns: int) -> dict[int, int]:
        """From where on, in samples, audio of these speakers may have arrived that is not drained yet."""
        position = self.position(at_ns)
        found = {user_id: track.timeline.unfinished(position) for user_id, track in self._tracks.items()}
        return {user_id: start for user_id, start in found.items() if start is not None}

    def interrupt(self, since_ns: int, cause: str) -> None:
        """Nothing is received since then, until `resume` or the next frame that is written. Of several interruptions
        within each other the earliest beginning and the first cause count."""
        start = self._clocks.position(since_ns)
        if self._interruption:
            before, cause = self._interruption
            start = min(start, before)
        self._interruption = start, cause

    def resume(self, at_ns: int) -> None:
        """Name what was missed, for each track to the frame."""
        if self._interruption:
            (start, cause), self._interruption = self._interruption, None
            self._name_gaps(start, self._clocks.position(at_ns), cause)

    def _set_clock(self, clock: RecordingClock) -> None:
        self.clock = clock
        self._clocks.add(clock)

    def _name_gaps(self, start: int, end: int, cause: str) -> None:
        """One gap for all from where the last track ends, and before it one for each track that ended sooner."""
        if end <= start:
            return
        begins = {user_id: track.interrupt(start, end=end, cause=cause) for user_id, track in self._tracks.items()}
        shared = min(max([start, *begins.values()]), end)
        for user_id, begin in begins.items():
            self._add_gap(begin, shared, cause, user_id)
            self._take_late_gaps(self._tracks[user_id])
        self._add_gap(shared, end, cause)

    def _add_gap(self, start: int, end: int, cause: str, user_id: int | None = None) -> None:
        if end > start:
            self.unplaced_gaps.append(UnplacedGap(gaps.gap(start, end, cause), user_id))

    def _take_late_gaps(self, track: Track) -> None:
        if track.late_gaps:
            self.unplaced_gaps += [UnplacedGap(gap, track.user_id) for gap in track.late_gaps]
            track.late_gaps.clear()

    def _hear_frame(self, frame: Frame) -> None:
        refused = self._refusal(frame)
        if refused:
            self.accounts.drop(frame.user_id, refused)
            if refused == accounts.NOT_OPUS:
                self._miss_frames(frame.user_id, frame.ssrc, 1, cause=refused, at_ns=frame.arrived_ns)
            return
        if self._interruption:
            self.resume(frame.arrived_ns)
        track = self._track(frame.user_id, frame.ssrc)
        if track is None:
            self.accounts.drop(frame.user_id, accounts.TOO_MANY_SPEAKERS)
        elif track.write(frame, arrival=self.position(frame.arrived_ns)):
            self.accounts.written[frame.user_id] += 1
        else:
            self.accounts.drop(frame.user_id, accounts.AHEAD)
        if not opus.is_silence(frame.opus):
            self.voice_heard_ns = frame.arrived_ns

    def _refusal(self, frame: Frame) -> str | None:
        if frame.user_id in self._opted_out:
            return accounts.OPTED_OUT
        if self._ends_ns is not None and frame.arrived_ns >= self._ends_ns:
            return accounts.AFTER_END
        if self._obstacle:
            return self._obstacle
        if frame.arrived_ns < self._clear_since_ns:
            return accounts.PAUSED if self.position(self._clear_since_ns) else accounts.NOT_ANNOUNCED
        return None if opus.samples(frame.opus) else accounts.NOT_OPUS

    def _track(self, user_id: int, ssrc: int) -> Track | None:
        track = self._tracks.get(user_id)
        if track is None:
            known = self.ends
            if user_id not in known and len(known) >= self._tracks_max:
                return None
            track = self._tracks[user_id] = Track(user_id, cut=self._cut, end=known.get(user_id, 0))
        if track.ssrc != ssrc:
            track.ssrc = ssrc
            self.new_speakers.append(NewSpeaker(user_id, ssrc))
        return track

    def _miss(self, missing: Missing, user_id: int) -> None:
        if self._obstacle or not missing.packets or user_id in self._opted_out or missing.at_ns < self._clear_since_ns:
            return
        cause = missing.cause.value
        self._miss_frames(user_id, missing.ssrc, missing.packets, cause=cause, at_ns=missing.at_ns)

    def _miss_frames(self, user_id: int, ssrc: int, count: int, *, cause: str, at_ns: int) -> None:
        track = self._track(user_id, ssrc)
        if track is None:
            return
        length = count * FRAME_SAMPLES
        start = track.expected(self.position(at_ns))
        track.conceal(count, at=start)
        track.timeline.skip(start + length)
        gap = gaps.gap(start, start + length, cause)
        if not track.miss(gap):
            self.unplaced_gaps.append(UnplacedGap(gap, user_id))
        self._take_late_gaps(track)

    def _miss_anyones(self, missing: Missing) -> None:
        """Packets of which nobody said whose they are: they may be missing from any track."""
        if self._obstacle is None and missing.packets and missing.at_ns >= self._clear_since_ns:
            start = self.position(missing.at_ns)
            self._add_gap(start, start + missing.packets * FRAME_SAMPLES, missing.cause.value)
