"""One recording between what is heard and what is written: whose frames count, when, and where they belong."""

from collections.abc import Iterable, Mapping

import msgspec

from contracts.media import Gap
from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.accounts import Accounts
from recorder_bot.domain.clock import RecordingClock
from recorder_bot.domain.track import Cut, Piece, Track
from voice import opus
from voice.events import Frame, Heard, Joined, Left, Reconnected, Reconnecting
from voice.events import Gap as Missing

FRAME_SAMPLES = opus.SILENCE_SAMPLES


class NewSpeaker(msgspec.Struct, frozen=True):
    """Somebody has a track, or goes on with it under another SSRC."""

    user_id: int
    ssrc: int


class UnplacedGap(msgspec.Struct, frozen=True):
    """A gap that lies in no segment: of one speaker, or of all."""

    gap: Gap
    user_id: int | None = None


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
        self._cut, self._tracks_max = cut, tracks_max
        self._opted_out = frozenset(opted_out)
        self._ends = dict(ends or {})
        self._tracks: dict[int, Track] = {}
        self._obstacle: str | None = accounts.NOT_ANNOUNCED
        self._clear_since_ns = 0
        self._ends_ns: int | None = None
        self._away_since_ns: int | None = None

    @property
    def ends(self) -> dict[int, int]:
        """Where each track ends, in samples; nothing may be written before."""
        return self._ends | {user_id: track.timeline.end for user_id, track in self._tracks.items()}

    def position(self, at_ns: int) -> int:
        return self.clock.position(at_ns) if self.clock else 0

    def run(self, clock: RecordingClock) -> None:
        """From here on frames are written."""
        self.clock = clock
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
            self.clock = clock
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
            case Joined() | Left() if track := self._tracks.get(heard.user_id):
                track.present = isinstance(heard, Joined)
            case Reconnecting():
                self._away_since_ns = self._away_since_ns or heard.at_ns
            case Reconnected():
                self._come_back(heard)
            case _:
                pass

    def drain(self, at_ns: int) -> list[Piece]:
        position = self.position(at_ns)
        return [piece for track in self._tracks.values() for piece in track.drain(position)]

    def drain_all(self, at_ns: int) -> list[Piece]:
        """At the end: what is under way is complete."""
        for track in self._tracks.values():
            track.end_segment(self.position(at_ns))
        return self.drain(at_ns)

    def lose(self, start_ns: int, end_ns: int, cause: str) -> None:
        """Nobody was heard in between."""
        start, end = self.position(start_ns), self.position(end_ns)
        if end > start:
            self.unplaced_gaps.append(UnplacedGap(gaps.gap(start, end, cause)))

    def _hear_frame(self, frame: Frame) -> None:
        refused = self._refusal(frame)
        if refused:
            self.accounts.drop(frame.user_id, refused)
            return
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
        track = self._track(user_id, missing.ssrc)
        if track is None:
            return
        length = missing.packets * FRAME_SAMPLES
        start = track.expected(self.position(missing.at_ns))
        track.conceal(missing.packets, at=start)
        track.timeline.skip(start + length)
        gap = gaps.gap(start, start + length, missing.cause.value)
        if not track.miss(gap):
            self.unplaced_gaps.append(UnplacedGap(gap, user_id))

    def _come_back(self, heard: Reconnected) -> None:
        if self._away_since_ns is not None and not heard.resumed and not self._obstacle:
            self.lose(self._away_since_ns, heard.at_ns, gaps.RECONNECTED)
            for track in self._tracks.values():
                track.break_off()
        self._away_since_ns = None
