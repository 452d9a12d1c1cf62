"""Where frames belong: the speaker's clock inside a spurt, arrival between spurts."""

import random

import pytest

from recorder_bot.domain.timeline import CORRECTION_SAMPLES, OPENING_SAMPLES, Timeline
from voice import opus
from voice.events import Frame

VOICE = b"\xf8" + bytes(40)
FRAME = opus.SILENCE_SAMPLES
SECOND = opus.SAMPLE_RATE


class Speaker:
    """Frames as they come; `placed` is where they were put so far, None for those left out."""

    def __init__(self, timeline: Timeline | None = None, *, timestamp: int = 5_000, arrival: int = 0) -> None:
        self.timeline = timeline or Timeline()
        self.timestamp, self.arrival = timestamp, arrival
        self.placed: list[int | None] = []

    def say(self, packets: list[bytes], *, late: int = 0) -> None:
        for packet in packets:
            frame = Frame(1, 7, 0, self.timestamp & 0xFFFF_FFFF, 0, packet)
            placed = self.timeline.place(frame, arrival=self.arrival + late)
            self.placed += [None] if placed is None else [one.position for one in placed]
            self.timestamp += FRAME
            self.arrival += FRAME

    def pause(self, seconds: float, *, clock_runs: bool) -> None:
        self.arrival += round(seconds * SECOND)
        self.timestamp += round(seconds * SECOND) if clock_runs else 0

    def settle(self) -> list[int | None]:
        self.placed += [one.position for one in self.timeline.settle()]
        return self.placed


def in_a_row(start: int, count: int) -> list[int]:
    return [start + number * FRAME for number in range(count)]


class TestPlacing:
    def test_a_spurt_keeps_the_speakers_own_time_though_packets_jitter(self) -> None:
        speaker, source = Speaker(arrival=SECOND), random.Random(1)

        for _ in range(100):
            speaker.say([VOICE], late=source.randrange(4_000))

        placed = speaker.settle()
        first = placed[0]
        assert first is not None
        assert placed == in_a_row(first, 100)

    def test_a_spurt_whose_first_packets_were_held_up_begins_when_it_was_said_and_loses_nothing(self) -> None:
        speaker = Speaker(arrival=SECOND)
        speaker.say([VOICE], late=2_400)
        speaker.say([VOICE] * 3, late=1_000)

        speaker.say([VOICE] * 50 * 60)

        assert speaker.settle() == in_a_row(SECOND, 50 * 60 + 4)

    def test_a_spurt_shorter_than_the_wait_for_a_quicker_packet_is_placed_with_the_next(self) -> None:
        speaker = Speaker()
        speaker.say([VOICE] * 3)
        speaker.pause(8, clock_runs=True)

        speaker.say([VOICE])

        assert speaker.placed == in_a_row(0, 3)

    def test_what_comes_early_after_a_silence_says_nothing_about_when_the_spurt_before_it_began(self) -> None:
        speaker = Speaker(arrival=SECOND)
        speaker.say([VOICE] * 5 + [opus.SILENCE] * 2)
        speaker.arrival -= FRAME

        speaker.say([VOICE])

        assert speaker.settle() == in_a_row(SECOND, 8)

    def test_what_has_waited_long_enough_is_placed_though_nothing_follows(self) -> None:
        timeline = Timeline()
        timeline.place(Frame(1, 7, 0, 0, 0, VOICE), arrival=SECOND)

        assert timeline.settle(SECOND + OPENING_SAMPLES - 1) == []
        assert [one.position for one in timeline.settle(SECOND + OPENING_SAMPLES)] == [SECOND]

    @pytest.mark.parametrize("clock_runs", [True, False])
    def test_a_new_spurt_begins_when_it_arrives_whether_the_clock_ran_on_or_not(self, clock_runs: bool) -> None:
        speaker = Speaker()
        speaker.say([VOICE] * 10 + [opus.SILENCE] * 5)
        speaker.pause(8, clock_runs=clock_runs)

        speaker.say([VOICE] * 3)

        assert speaker.settle()[15:] == in_a_row(15 * FRAME + 8 * SECOND, 3)

    def test_a_stall_of_the_network_is_no_pause(self) -> None:
        speaker = Speaker()
        speaker.say([VOICE] * 10)

        speaker.say([VOICE] * 10, late=SECOND // 2)

        assert speaker.settle() == in_a_row(0, 20)

    def test_lost_packets_leave_their_room(self) -> None:
        speaker = Speaker()
        speaker.say([VOICE] * 10)
        speaker.pause(0.1, clock_runs=True)

        speaker.say([VOICE])

        assert speaker.settle()[10:] == [15 * FRAME]

    def test_a_clock_that_wraps_around_goes_on(self) -> None:
        speaker = Speaker(timestamp=0xFFFF_FFFF - 2 * FRAME)

        speaker.say([VOICE] * 6)

        assert speaker.settle() == in_a_row(0, 6)

    def test_nothing_is_placed_before_what_is_there(self) -> None:
        speaker = Speaker(Timeline(end=10 * SECOND))

        speaker.say([VOICE] * 2)

        assert speaker.settle() == in_a_row(10 * SECOND, 2)


class TestDrift:
    @pytest.mark.parametrize("parts_per_million", [-1_000, -200, 200, 1_000])
    def test_four_hours_without_a_pause_stay_within_20_ms_of_the_clock(self, parts_per_million: int) -> None:
        timeline, source = Timeline(), random.Random(parts_per_million)
        left_out, errors, said = 0, list[int](), dict[int, int]()

        for number in range(4 * 3600 * 50):
            spoken = number * FRAME * (1_000_000 + parts_per_million) // 1_000_000
            frame = Frame(1, 7, 0, number * FRAME & 0xFFFF_FFFF, 0, VOICE)
            said[frame.timestamp] = spoken
            placed = timeline.place(frame, arrival=spoken + source.randrange(300))
            left_out += placed is None
            errors += [one.position - said.pop(one.frame.timestamp) for one in placed or ()]

        assert min(errors) >= -FRAME
        assert max(errors) <= FRAME
        assert left_out <= max(0, -parts_per_million) * 4 * 3600 / 20_000 + 1

    def test_a_network_that_holds_everything_up_for_a_while_moves_the_track_by_a_frame_a_window(self) -> None:
        speaker = Speaker()
        speaker.say([VOICE] * 50 * 20)

        speaker.say([VOICE] * 50 * 11, late=SECOND // 2)
        held_up = speaker.settle()[-1]

        assert held_up is not None
        assert 0 < held_up - in_a_row(0, 50 * 31)[-1] <= 3 * CORRECTION_SAMPLES
