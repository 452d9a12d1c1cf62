"""One SSRC's packets, on a clock of our own: what waits, how long, and what becomes of it."""

import voice
from voice import Cause, Frame, Gap, Heard
from voice.accounts import Account
from voice.rtp import Packet
from voice.ssrc_stream import SsrcStream

SECOND = 1_000_000_000
LIMITS = voice.Limits(reorder_seconds=0.2, hold_seconds=2.0, held_packets=5)


class Keys:
    """Opens what it has the key for: the payload's first letter."""

    def __init__(self) -> None:
        self.state = 0
        self.known = "a"

    def learn(self, letter: str) -> None:
        self.known += letter
        self.state += 1

    def open(self, user_id: int, payload: bytes, *, arrived_ns: int) -> bytes | Cause:
        return payload if payload[:1].decode() in self.known else Cause.UNDECRYPTABLE

    def forget(self, user_id: int) -> None:
        pass


class Stream:
    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.account, self.keys = Account(), Keys()
        self.begin()
        self.receive(0, 1)
        self.drain(0.3)

    def begin(self) -> None:
        self.stream = SsrcStream(1, user_id=7, account=self.account, keys=self.keys, tell=self.tell, limits=LIMITS)

    def tell(self, heard: Heard) -> bool:
        self.heard.append(heard)
        return True

    def receive(self, seconds: float, *sequences: int, letter: str = "a") -> None:
        for sequence in sequences:
            payload = f"{letter}{sequence}".encode()
            self.stream.receive(Packet(1, sequence, 960 * sequence, payload), round(seconds * SECOND))

    def drain(self, seconds: float) -> None:
        self.stream.drain(round(seconds * SECOND))

    @property
    def sequences(self) -> list[int]:
        return [heard.sequence for heard in self.heard if isinstance(heard, Frame)]

    @property
    def gaps(self) -> list[tuple[int, int, Cause]]:
        return [(gap.sequence, gap.packets, gap.cause) for gap in self.heard if isinstance(gap, Gap)]


class TestAnSsrcStream:
    def test_goes_straight_through_in_order(self) -> None:
        stream = Stream()

        stream.receive(1, 2, 3, 4)

        assert stream.sequences == [1, 2, 3, 4]

    def test_waits_for_the_overtaken(self) -> None:
        stream = Stream()

        stream.receive(1, 3, 4)
        assert stream.sequences == [1]
        stream.receive(1.1, 2)

        assert stream.sequences == [1, 2, 3, 4]
        assert not stream.gaps

    def test_calls_lost_what_did_not_come_in_time(self) -> None:
        stream = Stream()
        stream.receive(1, 4)

        stream.drain(1.19)
        assert stream.sequences == [1]
        stream.drain(1.21)

        assert stream.sequences == [1, 4]
        assert stream.gaps == [(2, 2, Cause.LOST)]
        assert stream.account.lost == 2

    def test_says_when_the_first_of_the_lost_was_due(self) -> None:
        stream = Stream()
        stream.receive(1, 4)
        stream.drain(1.21)

        [gap] = [heard for heard in stream.heard if isinstance(heard, Gap)]
        assert gap.at_ns == round(0.96 * SECOND)

    def test_tells_the_late_from_the_repeated(self) -> None:
        stream = Stream()
        stream.receive(1, 4)
        stream.drain(1.3)

        stream.receive(1.4, 2, 4)

        assert stream.account.dropped == {Cause.LATE: 1, Cause.DUPLICATE: 1}
        assert stream.account.lost == 1

    def test_waits_for_an_overtaken_first_packet(self) -> None:
        stream = Stream()
        stream.stream = SsrcStream(
            1, user_id=7, account=stream.account, keys=stream.keys, tell=stream.tell, limits=LIMITS
        )
        stream.heard.clear()

        stream.receive(1, 501, 500)
        stream.drain(1.3)

        assert stream.sequences == [500, 501]

    def test_is_held_until_its_key_comes(self) -> None:
        stream = Stream()
        stream.receive(1, 2, 3, letter="b")
        stream.receive(1.5, 4)
        assert stream.sequences == [1]

        stream.keys.learn("b")
        stream.drain(2.9)

        assert stream.sequences == [1, 2, 3, 4]

    def test_is_dropped_when_its_key_does_not_come(self) -> None:
        stream = Stream()
        stream.receive(1, 2, letter="b")
        stream.receive(1.5, 3)

        stream.drain(3.1)

        assert stream.sequences == [1, 3]
        assert stream.gaps == [(2, 1, Cause.UNDECRYPTABLE)]
        assert stream.account.read().adds_up

    def test_holds_no_more_than_the_limit(self) -> None:
        stream = Stream()

        stream.receive(1, *range(2, 9), letter="b")

        assert stream.account.held == LIMITS.held_packets
        assert stream.account.dropped == {Cause.OVERFLOW: 2}

    def test_goes_on_after_a_jump(self) -> None:
        stream = Stream()

        stream.receive(1, 40_000)
        stream.drain(1.3)

        assert stream.sequences == [1, 40_000]
        assert stream.gaps == [(40_000, 0, Cause.RESTARTED)]
