"""Which frames are taken that are not end-to-end encrypted: from whom, and for how long."""

import json

from voice import Cause, Limits
from voice.encryption import Outcome
from voice.epochs import Epochs
from voice.messages import Op

FRAME = b"\xf8" + bytes(40)
SECOND_NS = 1_000_000_000
WELCOME = b"\x00\x00" + bytes(8)


class Group:
    """Takes everything, opens nothing."""

    def restart(self) -> bytes | None:
        return None

    def external_sender(self, package: bytes) -> None:
        pass

    def proposals(self, payload: bytes, *, users: set[int]) -> bytes | None:
        pass

    def commit(self, commit: bytes, *, users: set[int]) -> Outcome:
        return Outcome.ENTERED

    def welcome(self, welcome: bytes, *, users: set[int]) -> Outcome:
        return Outcome.ENTERED

    def open(self, user_id: int, frame: bytes) -> bytes | None:
        pass

    def forget(self, user_id: int) -> None:
        pass


class Room:
    def __init__(self) -> None:
        self.now_ns = 0
        limits = Limits(plaintext_seconds=10)
        self.epochs = Epochs(Group(), version=1, users=set(), limits=limits, clock_ns=lambda: self.now_ns)

    def opened(self, user_id: int, *, at_seconds: float) -> bytes | Cause:
        self.now_ns = round(at_seconds * SECOND_NS)
        return self.epochs.open(user_id, FRAME, arrived_ns=self.now_ns)


class TestPlaintext:
    def test_is_taken_while_there_is_no_group_and_shortly_after(self) -> None:
        room = Room()

        assert room.opened(1, at_seconds=100) == FRAME
        room.epochs.binary(Op.WELCOME, WELCOME)
        assert room.opened(1, at_seconds=109) == FRAME
        assert room.opened(1, at_seconds=111) is Cause.PLAINTEXT

    def test_is_taken_of_who_has_just_come_and_of_nobody_else(self) -> None:
        room = Room()
        room.epochs.binary(Op.WELCOME, WELCOME)
        room.now_ns = 60 * SECOND_NS

        room.epochs.joined([2])

        assert room.opened(2, at_seconds=69) == FRAME
        assert room.opened(1, at_seconds=69) is Cause.PLAINTEXT
        assert room.opened(2, at_seconds=71) is Cause.PLAINTEXT


class TestTransitions:
    def test_with_number_0_is_executed_at_once_and_not_answered(self) -> None:
        room = Room()

        answers = room.epochs.prepare_transition(0, version=0)

        assert answers == []
        assert room.epochs.version == 0

    def test_into_a_later_epoch_changes_the_version_and_is_answered(self) -> None:
        room = Room()

        [answer] = room.epochs.prepare_epoch(2, transition=7, version=0)
        assert room.epochs.version == 1
        room.epochs.execute_transition(7)

        assert json.loads(answer) == {"op": 23, "d": {"transition_id": 7}}
        assert room.epochs.version == 0
