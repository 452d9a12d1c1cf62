"""The law of the recorder: what was said is in the track or in one of its gaps, to the frame, whatever happens."""

import random
from collections import defaultdict
from typing import Any

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.media import Gap
from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.clock import RecordingClock, milliseconds
from recorder_bot.domain.gaps import UnplacedGap
from recorder_bot.domain.state import Checkpoint, gaps_after_restart
from recorder_bot.domain.track import Cut, Piece
from recorder_bot.domain.tracks import Tracks
from voice import Cause, opus
from voice.events import Frame, Left, Outage
from voice.events import Gap as Missing

FRAME_NS = 20_000_000
FRAME_MS = 20
CUT = Cut(samples_max=2 * opus.SAMPLE_RATE, bytes_max=1 << 20)
TALKER, CHATTERER = 1, 2
SYNC_FRAMES = 25

FAULTS = (
    "outage",
    "closed",
    "moved",
    "moved_and_back",
    "outage_while_moved",
    "paused",
    "paused_while_away",
    "killed",
    "stopped_and_started",
    "disk_full",
    "lost_packets",
    "undecryptable",
    "left_and_back",
)


class World:
    """Two people speak, one without a pause; a recorder hears them, is hit by faults, and is asked to end."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.now_ns = 100_000_000_000
        self.tracks = Tracks(cut=CUT, tracks_max=5)
        self.tracks.run(RecordingClock(at_ns=self.now_ns, samples=0))
        self.heard, self.runs, self.paused, self.disk_full = True, True, False, False
        self.said: dict[int, dict[int, int]] = defaultdict(dict)
        """By speaker and number of the frame: when, on the recording's time, in ms."""
        self.kept: dict[int, set[int]] = defaultdict(set)
        self.gaps: list[UnplacedGap] = []
        self.checkpoint = Checkpoint()
        self.ends: dict[int, int] = {}
        self._sent: dict[int, int] = defaultdict(int)
        self._ticks = 0

    def talk(self, frames: int, *, lose: Cause | None = None) -> None:
        for _ in range(frames):
            self._ticks += 1
            self._say(TALKER, lose)
            if self._ticks % 100 < 40:
                self._say(CHATTERER, lose, last=self._ticks % 100 == 39)
            self.now_ns += FRAME_NS
            if self.runs and self._ticks % SYNC_FRAMES == 0:
                self.write()

    def write(self, *, last: bool = False) -> None:
        pieces = self.tracks.drain_all(self.now_ns) if last else self.tracks.drain(self.now_ns)
        if self.disk_full:
            self.tracks.discard(pieces, gaps.DISK_FULL)
        else:
            self._keep(pieces)
            self.checkpoint = Checkpoint(
                position=self.tracks.position(self.now_ns),
                ends=dict(self.ends),
                unfinished=self.tracks.unfinished(self.now_ns),
            )
        self.gaps += self.tracks.unplaced_gaps
        self.tracks.unplaced_gaps = []

    def end(self) -> None:
        self.tracks.end(self.now_ns)
        self.tracks.resume(self.now_ns)
        self._set_clock(accounts.AFTER_END, running=False)
        self.disk_full = False
        self.write(last=True)

    # What may happen

    def outage(self) -> None:
        since = self.now_ns
        self._deaf()
        self.tracks.hear(Outage(since, self.now_ns))

    def closed(self) -> None:
        last_good, self.heard = self.now_ns, False
        self.talk(self._some())
        self.tracks.interrupt(last_good, gaps.RECONNECTED)
        self.talk(self._some())
        self.heard = True
        self.tracks.resume(self.now_ns)

    def moved(self, times: int = 1) -> None:
        for _ in range(times):
            self.tracks.hold(accounts.NOT_ANNOUNCED)
            self.tracks.interrupt(self.now_ns, gaps.MOVED)
            self.talk(self._some())
        self.tracks.resume(self.now_ns)
        self._run()

    def moved_and_back(self) -> None:
        self.moved(times=2)

    def outage_while_moved(self) -> None:
        since = self.now_ns
        self._deaf()
        self.tracks.hold(accounts.NOT_ANNOUNCED)
        self.tracks.interrupt(self.now_ns, gaps.MOVED)
        self.talk(self._some())
        self.tracks.hear(Outage(since, self.now_ns))
        self.tracks.resume(self.now_ns)
        self._run()

    def pause(self) -> None:
        self._set_clock(accounts.PAUSED, running=False)
        self.paused = True

    def go_on(self) -> None:
        self.paused = False
        self._run()

    def paused_for_a_while(self) -> None:
        self.pause()
        self.talk(self._some())
        self.go_on()

    def paused_while_away(self) -> None:
        last_good, self.heard = self.now_ns, False
        self.talk(self._some())
        self.paused_for_a_while()
        self.talk(self._some())
        self.tracks.interrupt(last_good, gaps.RECONNECTED)
        self.heard = True
        self.tracks.resume(self.now_ns)

    def killed(self) -> None:
        at_ns, position = self.now_ns, self.tracks.position(self.now_ns)
        self.heard = self.runs = False
        self.talk(self._some())
        self.heard = self.runs = True
        checkpoint = msgspec.structs.replace(self.checkpoint, ends=dict(self.ends))
        back = position + (self.now_ns - at_ns) * 48 // 1_000_000
        self.gaps += gaps_after_restart(checkpoint, back)
        self.tracks = Tracks(cut=CUT, tracks_max=5, ends=self.ends)
        self.tracks.run(RecordingClock(at_ns=self.now_ns, samples=back))

    def stopped_and_started(self) -> None:
        self.tracks.end(self.now_ns)
        self.write(last=True)
        self.killed()

    def disk_full_for_a_while(self) -> None:
        self.write()
        self.disk_full = True
        self.talk(self._some() + SYNC_FRAMES)
        self.write()
        self.disk_full = False

    def left_and_back(self) -> None:
        """It is the one with pauses, whose stream goes on where it was."""
        self.tracks.hear(Left(CHATTERER))
        self.talk(self._some())

    def hit(self, fault: str) -> None:
        match fault:
            case "lost_packets":
                self.talk(self.source.randrange(1, 40), lose=Cause.LOST)
                self.talk(60)
            case "undecryptable":
                self.talk(self.source.randrange(1, 40), lose=Cause.UNDECRYPTABLE)
            case "paused":
                self.paused_for_a_while()
            case "disk_full":
                self.disk_full_for_a_while()
            case _:
                getattr(self, fault)()

    # How it works

    def _some(self) -> int:
        return self.source.randrange(1, 200)

    def _deaf(self) -> None:
        self.heard = False
        self.talk(self._some())
        self.heard = True

    def _set_clock(self, cause: str, *, running: bool) -> None:
        assert self.tracks.clock
        self.tracks.hold(cause, self.tracks.clock.turned(self.now_ns, running=running))

    def _run(self) -> None:
        assert self.tracks.clock
        self.tracks.run(self.tracks.clock.turned(self.now_ns, running=True))

    def _say(self, user: int, lose: Cause | None, *, last: bool = False) -> None:
        number = self._sent[user]
        self._sent[user] += 1
        packet = opus.SILENCE if last else b"\xf8" + number.to_bytes(4, "big") + bytes(20)
        if not last and not self.paused:
            self.said[user][number] = milliseconds(self.tracks.position(self.now_ns))
        if not self.heard:
            return
        ssrc, sequence = user + 1000, number & 0xFFFF
        if lose and not last:
            self.tracks.hear(Missing(user, ssrc, sequence, 1, lose, self.now_ns))
        else:
            self.tracks.hear(Frame(user, ssrc, sequence, number * 960 & 0xFFFF_FFFF, self.now_ns, packet))

    def _keep(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self.gaps += [UnplacedGap(gap, piece.user_id) for gap in piece.gaps]
            if not piece.data:
                continue
            for number in self.said[piece.user_id].keys() - self.kept[piece.user_id]:
                if b"\xf8" + number.to_bytes(4, "big") in piece.data:
                    self.kept[piece.user_id].add(number)
            self.ends[piece.user_id] = max(self.ends.get(piece.user_id, 0), piece.end)

    # What became of it

    def named(self, user: int) -> list[Gap]:
        return [each.gap for each in self.gaps if each.user_id in {None, user}]

    def missing(self, user: int) -> list[int]:
        return sorted(self.said[user].keys() - self.kept[user])


def is_in(found: list[Gap], at_ms: float) -> bool:
    return any(gap.start_ms <= at_ms < gap.start_ms + gap.length_ms for gap in found)


def union_ms(found: list[Gap]) -> int:
    covered = 0
    until = 0
    for gap in sorted(found, key=lambda each: each.start_ms):
        end = gap.start_ms + gap.length_ms
        covered += max(0, end - max(until, gap.start_ms))
        until = max(until, end)
    return covered


faults: Any = st.lists(st.sampled_from(FAULTS), min_size=1, max_size=5)


class TestMissingIsNamed:
    @settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(seed=st.integers(0, 10_000), happens=faults, ends_away=st.booleans())
    def test_in_every_track_to_the_frame_for_every_kind_of_end(
        self, seed: int, happens: list[str], ends_away: bool
    ) -> None:
        world = World(seed)
        world.talk(120)
        for fault in happens:
            world.hit(fault)
            world.talk(120)
        if ends_away:
            world.tracks.interrupt(world.now_ns, gaps.RECONNECTED)
            world.heard = False
            world.talk(70)
        world.end()

        for user in (TALKER, CHATTERER):
            named = world.named(user)
            unnamed = [each for each in world.missing(user) if not is_in(named, world.said[user][each] + FRAME_MS / 2)]
            assert unnamed == [], f"{user}: {unnamed[:5]} of {len(world.missing(user))}, named {named}"
            kept = [number for number in world.kept[user] if is_in(named, world.said[user][number] + FRAME_MS / 2)]
            assert kept == [], f"{user}: {kept[:5]} are there, though named {named}"
        missing_ms = len(world.missing(TALKER)) * FRAME_MS
        assert abs(union_ms(world.named(TALKER)) - missing_ms) <= FRAME_MS / 2 * len(happens)
