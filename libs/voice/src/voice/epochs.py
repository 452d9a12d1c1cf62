"""What the voice gateway says about end-to-end encryption, and what we answer; and which frames open meanwhile."""

import time
from collections.abc import Callable, Iterable

import structlog

from voice import messages, opus
from voice.accounts import Cause
from voice.encryption import KEY_OVERLAP_SECONDS, PROTOCOL_VERSION, EndToEnd, Outcome, is_sealed
from voice.limits import Limits
from voice.messages import Op
from voice.recovery import Recovery

OVERLAP_NS = round(KEY_OVERLAP_SECONDS * 1e9)
AT_ONCE = 0
"""The transition that needs no word from us."""
FIRST_EPOCH = 1
Answers = list[str | bytes]

log = structlog.get_logger()


class Epochs:
    """Every method answers the messages to send. `version` is 0 where the room is not end-to-end encrypted; `users` are
    those in the room, kept by the one who made this."""

    def __init__(
        self,
        end_to_end: EndToEnd,
        *,
        version: int,
        users: set[int],
        limits: Limits,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.version = version
        self.state = 0
        self.entered = 0
        """How many epochs we have entered."""
        self.recovery = Recovery(limits)
        self._is_failing = False
        self.restored_ns: int | None = None
        """When a frame was decrypted again after we had asked to be put back; for the session to take."""
        self._users = users
        self._plaintext_ns = round(limits.plaintext_seconds * 1e9)
        self._end_to_end = end_to_end
        self._clock_ns = clock_ns
        self._plaintext_until_ns: int | None = None
        """Unsealed frames are taken up to here; None: as long as there is no group, because no one can seal."""
        self._newcomers: dict[int, int] = {}
        """Who comes into a room with a group cannot seal before they are in it; up to here that is awaited."""
        self._sealed_until_ns = 0
        """In a room without DAVE: up to here, what looks sealed is."""
        self._prepared: dict[int, int] = {}
        self._latest = AT_ONCE
        """The transition that brought us into the group last."""

    def begin(self) -> Answers:
        return self._come_in() if self.version else []

    def open(self, user_id: int, payload: bytes, *, arrived_ns: int) -> bytes | Cause:
        if opus.is_silence(payload):
            return payload
        opened = self._end_to_end.open(user_id, payload)
        if opened:
            if self._is_failing:
                self._succeed(arrived_ns)
            return opened
        if is_sealed(payload):
            if not self.version and arrived_ns > self._sealed_until_ns:
                return payload
            if self.version:
                self._is_failing = True
                self.recovery.fail(arrived_ns)
            return Cause.UNDECRYPTABLE
        until = self._plaintext_until_ns
        if not self.version or until is None or arrived_ns <= max(until, self._newcomers.get(user_id, 0)):
            return payload
        return Cause.PLAINTEXT

    def joined(self, user_ids: Iterable[int]) -> None:
        """They have come into the room."""
        self._newcomers.update(dict.fromkeys(user_ids, self._clock_ns() + self._plaintext_ns))

    def forget(self, user_id: int) -> None:
        self._newcomers.pop(user_id, None)
        self._end_to_end.forget(user_id)

    def prepare_transition(self, transition: int, *, version: int) -> Answers:
        """Frames without encryption may come from now on when that is where we are going."""
        self._prepared[transition] = version
        if version == 0:
            self._plaintext_until_ns = None
            self.state += 1
        if transition == AT_ONCE:
            self.execute_transition(transition)
        return self._ready(transition)

    def execute_transition(self, transition: int) -> None:
        before, self.version = self.version, self._prepared.pop(transition, self.version)
        now_ns = self._clock_ns()
        if before and not self.version:
            self._sealed_until_ns = now_ns + OVERLAP_NS
        elif self.version and not before:
            self._plaintext_until_ns = now_ns + self._plaintext_ns
        self.state += 1

    def prepare_epoch(self, epoch: int, *, transition: int, version: int) -> Answers:
        """The first epoch is of a new group; with a later one, the group stays and its version changes."""
        if epoch != FIRST_EPOCH:
            return self.prepare_transition(transition, version=version)
        self._plaintext_until_ns = None
        self.state += 1
        return self._come_in()

    def binary(self, op: int, payload: bytes) -> Answers:
        match op:
            case Op.EXTERNAL_SENDER:
                self._end_to_end.external_sender(payload)
                return []
            case Op.PROPOSALS:
                commit = self._end_to_end.proposals(payload, users=self._users)
                return [messages.write_binary(Op.COMMIT_WELCOME, commit)] if commit else []
            case Op.ANNOUNCE_COMMIT:
                return self._entered(payload, self._end_to_end.commit)
            case Op.WELCOME:
                return self._entered(payload, self._end_to_end.welcome)
            case _:
                log.info("message.unknown", op=op)
                return []

    def _entered(self, payload: bytes, enter: Callable[..., Outcome]) -> Answers:
        if len(payload) < 2:
            return []
        transition = int.from_bytes(payload[:2], "big")
        outcome = enter(payload[2:], users=self._users)
        if outcome is Outcome.IGNORED:
            return []
        self._latest = transition
        if outcome is Outcome.REJECTED:
            log.warning("commit.rejected", transition=transition)
            self.recovery.demand()
            return []
        self.entered += 1
        if self.recovery.attempts and self.recovery.failing_since_ns is None:
            self.restored_ns = self._clock_ns()
        self._prepared[transition] = PROTOCOL_VERSION
        if self.version and self._plaintext_until_ns is None:
            self._plaintext_until_ns = self._clock_ns() + self._plaintext_ns
        self.state += 1
        if transition == AT_ONCE:
            self.execute_transition(transition)
        return self._ready(transition)

    def recover(self) -> Answers:
        """To be called now and then: asks to be taken out of the group and put back, when that is due."""
        if not self.recovery.ask(self._clock_ns()):
            return []
        return [messages.write(Op.INVALID_COMMIT, transition_id=self._latest), *self._restart()]

    def _succeed(self, arrived_ns: int) -> None:
        self._is_failing = False
        if self.recovery.succeed():
            self.restored_ns = arrived_ns

    def _come_in(self) -> Answers:
        self.recovery.await_welcome(self._clock_ns())
        return self._restart()

    def _restart(self) -> Answers:
        package = self._end_to_end.restart()
        return [messages.write_binary(Op.KEY_PACKAGE, package)] if package else []

    def _ready(self, transition: int) -> Answers:
        if transition == AT_ONCE:
            return []
        return [messages.write(Op.READY_FOR_TRANSITION, transition_id=transition)]
