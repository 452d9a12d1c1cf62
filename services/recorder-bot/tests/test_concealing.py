"""Packets that were lost within speech are empty ones in the track, so that a decoder conceals them."""

from recorder_bot.domain.clock import RecordingClock
from recorder_bot.domain.track import CONCEALED_MAX, Cut
from recorder_bot.domain.tracks import Tracks
from voice import Cause, opus
from voice.events import Frame, Gap
from voice.ogg import pages

SECOND_NS = 1_000_000_000
FRAME_NS = 20_000_000
EMPTY = b"\xf8"


def voiced(number: int) -> bytes:
    return b"\xf8" + number.to_bytes(4, "big") + bytes(20)


class Speaker:
    """One who speaks in frames of 20 ms, of which some are lost; what is in the track of it."""

    def __init__(self) -> None:
        self.tracks = Tracks(cut=Cut(samples_max=3600 * opus.SAMPLE_RATE, bytes_max=1 << 20), tracks_max=1)
        self.tracks.run(RecordingClock(at_ns=SECOND_NS, samples=0))
        self.number = 0

    @property
    def now_ns(self) -> int:
        return SECOND_NS + self.number * FRAME_NS

    def say(self, count: int, *, packet: bytes | None = None) -> None:
        for _ in range(count):
            content = packet or voiced(self.number)
            self.tracks.hear(Frame(1, 7, self.number & 0xFFFF, self.number * 960, self.now_ns, content))
            self.number += 1

    def lose(self, count: int) -> None:
        self.tracks.hear(Gap(1, 7, self.number & 0xFFFF, count, Cause.LOST, self.now_ns))
        self.number += count

    def packets(self) -> list[bytes]:
        found: list[bytes] = []
        for piece in self.tracks.drain_all(self.now_ns):
            for page in pages(piece.data):
                at = 0
                for size in page.lacing:
                    found.append(page.body[at : at + size])
                    at += size
        return found


class TestLostPackets:
    def test_are_concealed_in_speech(self) -> None:
        speaker = Speaker()
        speaker.say(30)
        speaker.lose(2)
        speaker.say(30)

        said = [voiced(number) for number in range(62)]
        assert speaker.packets() == [*said[:30], EMPTY, EMPTY, *said[32:]]

    def test_are_silence_where_there_are_too_many_to_invent(self) -> None:
        speaker = Speaker()
        speaker.say(30)
        speaker.lose(CONCEALED_MAX + 5)
        speaker.say(1)

        assert speaker.packets()[30:-1] == [EMPTY] * CONCEALED_MAX + [opus.SILENCE] * 5

    def test_are_silence_after_silence(self) -> None:
        speaker = Speaker()
        speaker.say(30)
        speaker.say(5, packet=opus.SILENCE)
        speaker.lose(3)
        speaker.say(1)

        assert EMPTY not in speaker.packets()
