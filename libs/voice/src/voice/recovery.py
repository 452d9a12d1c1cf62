"""When to ask to be put back into the encrypted group: not for a stray frame, not all the time, and not for ever."""

from voice.limits import Limits

WINDOW_NS = 1_000_000_000


class Recovery:
    """`fail` and `succeed` are called for sealed frames; those that are opened without a failure before need not."""

    def __init__(self, limits: Limits) -> None:
        self.attempts = 0
        """Since a frame was decrypted last."""
        self.failing_since_ns: int | None = None
        """When the first of the frames arrived that could not be decrypted, with none since that could."""
        self._limits = limits
        self._wanted = False
        self._failed = 0
        self._window_ns = 0
        self._asked_ns: int | None = None

    def fail(self, arrived_ns: int) -> None:
        if self.failing_since_ns is None:
            self.failing_since_ns = arrived_ns
        if arrived_ns - self._window_ns > WINDOW_NS:
            self._window_ns, self._failed = arrived_ns, 0
        self._failed += 1
        self._wanted = self._wanted or self._failed >= self._limits.undecryptable_frames

    def succeed(self) -> bool:
        """True when we had asked: it has helped."""
        helped = self.attempts > 0
        self.attempts = self._failed = 0
        self.failing_since_ns, self._wanted = None, False
        return helped

    def await_welcome(self, now_ns: int) -> None:
        """A key package was sent because we come in: frames cannot be decrypted before it is answered."""
        self._asked_ns = now_ns

    def demand(self) -> None:
        """A commit or a welcome could not be processed: the group goes on without us."""
        self._wanted = True
        if not self.attempts:
            self._asked_ns = None

    def ask(self, now_ns: int) -> bool:
        """Whether to ask now; each time the pause before the next one is longer."""
        limits, quiet_ns = self._limits, 0 if self._asked_ns is None else now_ns - self._asked_ns
        if self.failing_since_ns is None and quiet_ns > limits.longest_recovery_seconds * 1e9:
            self.attempts = 0
        if not self._wanted or self.attempts >= limits.recovery_attempts:
            return False
        pause_seconds = limits.first_recovery_seconds * 2 ** max(self.attempts - 1, 0)
        if self._asked_ns is not None and quiet_ns < min(pause_seconds, limits.longest_recovery_seconds) * 1e9:
            return False
        self._wanted, self._failed = False, 0
        self.attempts += 1
        self._asked_ns = now_ns
        return True
