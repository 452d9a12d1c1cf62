"""How far the stream has told of each space: by that one knows how new an audience is that was read from its owner."""

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.realtime.topic import Topic

KEPT_SECONDS: Final = 60.0
"""Longer than the reading of a log may take."""
LATEST: Final = 2**63 - 1
"""As new as can be: of a topic whose audience never changes."""


class Space:
    """What was heard of a space, and the open topics whose audience depends on it."""

    def __init__(self, first: int) -> None:
        self.seq = first - 1
        self.topics: set[Topic] = set()
        self.changed_at = time.monotonic()
        """When something was heard that may have excluded somebody; monotonic."""
        self._since = first
        self._excluding = 0

    def hear(self, seq: int, *, may_exclude: bool) -> None:
        """Events come in order; what comes twice says nothing, and what is missing may have excluded somebody."""
        if seq <= self.seq:
            return
        if seq > self.seq + 1:
            self._since = seq
        self.seq = seq
        if may_exclude:
            self._excluding = seq
            self.changed_at = time.monotonic()

    def reach(self, audience_seq: int) -> int:
        """Up to where an audience that was read at this position still holds nobody who was excluded since."""
        is_whole = audience_seq >= max(self._since - 1, self._excluding)
        return max(self.seq, audience_seq) if is_whole else audience_seq


class Spaces:
    """All that were heard of lately, or that open topics depend on."""

    def __init__(self) -> None:
        self._spaces: dict[str, Space] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._spaces

    def hear(self, name: str, seq: int, *, may_exclude: bool) -> "tuple[Topic, ...]":
        """Returns the open topics that depend on the space."""
        space = self._spaces.get(name)
        if space is None:
            space = self._spaces[name] = Space(seq)
        space.hear(seq, may_exclude=may_exclude)
        return tuple(space.topics)

    def version(self, name: str, audience_seq: int | None, *, asked_at: float) -> int | None:
        """How new an audience is that was asked for at `asked_at` and read at `audience_seq`; None when it may be older
        than what was heard meanwhile. An owner that says no position is believed to know what had been heard.
        """
        space = self._spaces.get(name)
        if space is None:
            return audience_seq or 0
        if audience_seq is None:
            return space.seq if space.changed_at < asked_at else None
        reached = space.reach(audience_seq)
        return reached if reached >= space.seq else None

    def depend(self, topic: "Topic", name: str, *, seq: int) -> None:
        if name not in self._spaces:
            self._spaces[name] = Space(seq + 1)
        self._spaces[name].topics.add(topic)

    def forget(self, topic: "Topic") -> None:
        """It is closed."""
        if topic.depends_on in self._spaces:
            self._spaces[topic.depends_on].topics.discard(topic)

    def forget_old(self) -> None:
        """Those that nothing depends on."""
        long_ago = time.monotonic() - KEPT_SECONDS
        self._spaces = {
            name: space for name, space in self._spaces.items() if space.topics or space.changed_at > long_ago
        }
