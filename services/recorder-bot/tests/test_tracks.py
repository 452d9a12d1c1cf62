"""Between what is heard and what is written: tracks, segments, gaps, choices, pauses; no I/O, a clock of its own."""

import gc
from collections import defaultdict

from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.clock import RecordingClock
from recorder_bot.domain.gaps import UnplacedGap
from recorder_bot.domain.track import Cut, Piece
from recorder_bot.domain.tracks import NewSpeaker, Tracks
from voice import Cause, ogg, opus
from voice.events import Frame, Gap, Heard, Left, Outage, Reconnected, Reconnecting

SECOND_NS = 1_000_000_000
FRAME_NS = 20_000_000
SECOND = opus.SAMPLE_RATE


def packet(number: int) -> bytes:
    return b"\xf8" + number.to_bytes(4, "big") + bytes(20)


class Room:
    """A tracks whose time is made here; pieces are joined as the spool does it."""

    def __init__(self, *, segment_seconds: int = 10, tracks_max: int = 10, bytes_max: int = 1 << 20) -> None:
        cut = Cut(samples_max=segment_seconds * SECOND, bytes_max=bytes_max)
        self.tracks = Tracks(cut=cut, tracks_max=tracks_max)
        self.now_ns = 100 * SECOND_NS
        self.open: dict[tuple[int, int], bytes] = defaultdict(bytes)
        self.complete: list[tuple[int, int, bytes]] = []
        self.gaps: list[object] = []
        self._sent: dict[int, int] = defaultdict(int)

    def begin(self) -> None:
        self.tracks.run(RecordingClock(at_ns=self.now_ns, samples=0))

    def say(self, user: int, count: int, *, drain: bool = True) -> None:
        for _ in range(count):
            self.frame(user)
            self.now_ns += FRAME_NS
        if drain:
            self.drain()

    def frame(self, user: int) -> None:
        number = self._sent[user]
        self._sent[user] += 1
        frame = Frame(user, user + 1000, number & 0xFFFF, number * 960 & 0xFFFF_FFFF, self.now_ns, packet(number))
        self.tracks.hear(frame)

    def hear(self, heard: Heard) -> None:
        self.tracks.hear(heard)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.now_ns += SECOND_NS // 2
            self.drain()

    def drain(self) -> None:
        self._join(self.tracks.drain(self.now_ns))

    def end(self) -> None:
        self._join(self.tracks.drain_all(self.now_ns))

    def _join(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            key = piece.user_id, piece.first_sample
            self.open[key] += piece.data
            self.gaps += piece.gaps
            if piece.complete:
                self.complete.append((*key, self.open.pop(key)))

    def packets(self, user: int) -> list[bytes]:
        segments = [data for who, _, data in sorted(self.complete) if who == user]
        return [one for data in segments for one in packets_of(data)]

    def spans(self, user: int) -> list[tuple[int, int]]:
        """From and to of each segment, as its granule positions say."""
        return [(first, list(ogg.pages(data))[-1].granule) for who, first, data in sorted(self.complete) if who == user]


def packets_of(segment: bytes) -> list[bytes]:
    found: list[bytes] = []
    for page in ogg.pages(segment):
        at = 0
        for lacing in page.lacing:
            found.append(page.body[at : at + lacing])
            at += lacing
    return found


class TestSegments:
    def test_they_follow_each_other_and_hold_every_frame(self) -> None:
        room = Room(segment_seconds=2)
        room.begin()

        room.say(1, 500)
        room.end()

        spans = room.spans(1)
        assert len(spans) == 5
        assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]
        assert room.packets(1) == [packet(number) for number in range(500)]

    def test_silence_is_written_while_the_speaker_is_there(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 10)

        room.wait(60)
        room.end()

        assert room.spans(1)[0][0] == 0
        assert abs(room.spans(1)[-1][1] - room.tracks.position(room.now_ns)) < 120
        assert set(room.packets(1)[10:-8]) == {opus.SILENCE}

    def test_nothing_is_written_when_the_speaker_has_left(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 10)
        room.hear(Left(1))

        room.wait(60)
        room.end()

        assert room.spans(1) == [(0, 10 * 960)]

    def test_none_grows_larger_than_allowed(self) -> None:
        room = Room(bytes_max=1_000)
        room.begin()

        room.say(1, 200)
        room.end()

        assert max(len(data) for _, _, data in room.complete) < 2_000
        assert room.packets(1) == [packet(number) for number in range(200)]


class TestGaps:
    def test_lost_packets_have_a_place_a_length_and_a_cause(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 10)

        room.hear(Gap(1, 1001, 10, 3, Cause.LOST, room.now_ns))
        room.hear(Gap(1, 1001, 13, 1, Cause.UNDECRYPTABLE, room.now_ns))
        room.end()

        assert room.gaps == [gaps.gap(9600, 12480, "lost"), gaps.gap(12480, 13440, "undecryptable")]

    def test_an_outage_is_a_gap_in_all_tracks(self) -> None:
        room = Room()
        room.begin()
        room.wait(2)

        room.hear(Outage(room.now_ns, room.now_ns + SECOND_NS))

        assert room.tracks.unplaced_gaps == [UnplacedGap(gaps.gap(2 * SECOND, 3 * SECOND, gaps.RECONNECTED))]

    def test_a_session_that_is_resumed_is_none(self) -> None:
        room = Room()
        room.begin()

        room.hear(Reconnecting(1006, room.now_ns))
        room.hear(Reconnected(True, room.now_ns + SECOND_NS))

        assert room.tracks.unplaced_gaps == []

    def test_neighbours_of_one_cause_are_one(self) -> None:
        found = [gaps.gap(0, 960, "lost"), gaps.gap(1920, 2880, "late"), gaps.gap(960, 1920, "lost")]

        assert gaps.merged(found) == (gaps.gap(0, 1920, "lost"), gaps.gap(1920, 2880, "late"))


class TestChoices:
    def test_nothing_is_written_before_people_are_told(self) -> None:
        room = Room()

        room.say(1, 5)
        room.begin()
        room.say(1, 5)
        room.end()

        assert room.packets(1) == [packet(number) for number in range(5, 10)]
        assert room.tracks.accounts.read()["1"].dropped == {accounts.NOT_ANNOUNCED: 5}

    def test_who_opts_out_is_not_written_and_what_was_not_taken_is_gone(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 5, drain=False)

        newly = room.tracks.opt_out([1])
        room.say(1, 5)
        room.end()

        assert newly == {1}
        assert not room.open
        assert not room.complete
        assert room.tracks.accounts.read()["1"].dropped == {accounts.OPTED_OUT: 5}

    def test_who_opts_in_again_goes_on_after_what_was_written(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 5)
        room.tracks.opt_out([1])
        room.say(1, 5)

        room.tracks.opt_out([])
        room.say(1, 5)
        room.end()

        assert room.spans(1)[-1][0] >= 10 * 960
        assert room.packets(1)[-5:] == [packet(number) for number in range(10, 15)]

    def test_what_arrived_before_the_end_is_written_also_when_it_is_delivered_later(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 20)
        room.tracks.end(room.now_ns - 5 * FRAME_NS)
        late = Frame(1, 1001, 20, 20 * 960, room.now_ns - 6 * FRAME_NS, packet(20))
        too_late = Frame(1, 1001, 21, 21 * 960, room.now_ns - 5 * FRAME_NS, packet(21))

        room.hear(late)
        room.hear(too_late)
        room.end()

        assert room.packets(1)[20] == packet(20)
        assert packet(21) not in room.packets(1)
        assert room.tracks.accounts.read()["1"].dropped == {accounts.AFTER_END: 1}

    def test_the_time_stands_still_while_it_is_paused(self) -> None:
        room = Room()
        room.begin()
        room.say(1, 50)
        clock = room.tracks.clock
        assert clock
        room.tracks.hold(accounts.PAUSED, clock.turned(room.now_ns, running=False))
        room.say(1, 50)
        room.wait(60)

        room.tracks.run(room.tracks.clock.turned(room.now_ns, running=True) if room.tracks.clock else clock)
        room.say(1, 50)
        room.end()

        assert room.spans(1) == [(0, SECOND), (SECOND, 2 * SECOND)]
        assert room.tracks.accounts.read()["1"].dropped == {accounts.PAUSED: 50}

    def test_more_speakers_than_tracks_are_counted(self) -> None:
        room = Room(tracks_max=1)
        room.begin()

        room.say(1, 1)
        room.say(2, 3)

        assert room.tracks.new_speakers == [NewSpeaker(1, 1001)]
        assert room.tracks.accounts.read()["2"].dropped == {accounts.TOO_MANY_SPEAKERS: 3}


class TestFourHours:
    def test_tracks_stay_together_and_memory_stays_flat(self) -> None:
        """Two speakers take turns, each for a second of every ten; between spurts their clocks stand still."""
        room = Room()
        room.begin()
        counted: list[int] = []
        for turn in range(4 * 360):
            for user in (1, 2):
                room.say(user, 50)
                room.wait(4)
            room.complete.clear()
            if turn in {100, 1439}:
                gc.collect()
                counted.append(len(gc.get_objects()))

        ends = room.tracks.ends
        room.say(1, 1)
        room.frame(2)
        said = room.tracks.position(room.now_ns)
        room.wait(0.5)
        first, second = room.tracks.ends[1], room.tracks.ends[2]
        assert abs(second - first - SECOND // 50) <= SECOND // 50
        assert max(ends.values()) <= said
        assert abs(second - said) <= 2 * SECOND // 50
        assert counted[1] - counted[0] < 500
