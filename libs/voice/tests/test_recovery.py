"""When we ask to be put back into the group, on a clock of our own."""

from voice import Limits
from voice.recovery import Recovery

SECOND_NS = 1_000_000_000
LIMITS = Limits(undecryptable_frames=5, first_recovery_seconds=2, longest_recovery_seconds=10, recovery_attempts=4)


class Clock:
    def __init__(self) -> None:
        self.recovery = Recovery(LIMITS)
        self.seconds = 100.0

    @property
    def now_ns(self) -> int:
        return round(self.seconds * SECOND_NS)

    def fail(self, frames: int, *, within_seconds: float = 0.5) -> None:
        for _ in range(frames):
            self.recovery.fail(self.now_ns)
            self.seconds += within_seconds / frames

    def asks(self) -> bool:
        return self.recovery.ask(self.now_ns)

    def asked_during(self, seconds: float) -> list[float]:
        """When it asks while frames fail all the time, in seconds from now."""
        start, found = self.seconds, list[float]()
        while self.seconds < start + seconds:
            self.fail(5, within_seconds=0.1)
            if self.asks():
                found.append(round(self.seconds - start))
        return found


class TestRecovery:
    def test_asks_after_so_many_frames_within_a_second(self) -> None:
        clock = Clock()

        clock.fail(4)
        assert not clock.asks()
        clock.fail(1)

        assert clock.asks()

    def test_does_not_ask_for_frames_that_fail_now_and_then(self) -> None:
        clock = Clock()

        clock.fail(20, within_seconds=10)

        assert not clock.asks()

    def test_does_not_ask_when_others_can_be_decrypted(self) -> None:
        clock = Clock()

        clock.fail(4)
        clock.recovery.succeed()
        clock.fail(4)

        assert not clock.asks()

    def test_waits_for_the_welcome_of_one_who_comes_in(self) -> None:
        clock = Clock()
        clock.recovery.await_welcome(clock.now_ns)

        assert clock.asked_during(2) == [2]

    def test_asks_at_once_when_a_commit_was_rejected(self) -> None:
        clock = Clock()
        clock.recovery.await_welcome(clock.now_ns)

        clock.recovery.demand()

        assert clock.asks()

    def test_pauses_longer_each_time_and_gives_up_in_the_end(self) -> None:
        assert Clock().asked_during(100) == [0, 2, 6, 14]

    def test_begins_again_once_something_was_decrypted(self) -> None:
        clock = Clock()
        clock.asked_during(100)

        assert clock.recovery.succeed()

        assert clock.asked_during(5) == [0, 2]
