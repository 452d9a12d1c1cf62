"""What this process has just committed: it can be sent without being read, where nothing before it is missing."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from streams.bulk import Logged

TOPICS_MAX: Final = 20_000
WAITING_MAX: Final = 10_000


class Backlog:
    """Knows how far each topic was sent; what does not follow right after that has to be read from the table."""

    def __init__(self) -> None:
        self._waiting: deque[Logged] = deque()
        self._sent: dict[str, int] = {}

    def enqueue(self, rows: Iterable[Logged]) -> bool:
        """Take rows in the order of their commits. False: there are too many, read them instead."""
        self._waiting.extend(rows)
        if len(self._waiting) <= WAITING_MAX:
            return True
        self.forget()
        return False

    def take(self, count: int) -> list[Logged] | None:
        """The next ones to send, fewer than `count` only when there are no more; None: one before them must be read."""
        batch: list[Logged] = []
        following: dict[str, int] = {}
        while self._waiting and len(batch) < count:
            topic, seq = self._waiting[0].envelope.topic, self._waiting[0].envelope.seq
            sent = following.get(topic, self._sent.get(topic, 0))
            if seq > sent + 1:
                return batch or None
            if seq == sent + 1:
                batch.append(self._waiting[0])
                following[topic] = seq
            self._waiting.popleft()
        return batch

    def mark_sent(self, rows: Sequence[Logged]) -> None:
        """Remember how far their topics are, and forget the topics known longest when they are too many."""
        for _, envelope in rows:
            self._sent[envelope.topic] = envelope.seq
        while len(self._sent) > TOPICS_MAX:
            self._sent.pop(next(iter(self._sent)))

    def forget(self) -> None:
        """What was sent may be lost, or somebody else sends."""
        self._waiting.clear()
        self._sent.clear()
