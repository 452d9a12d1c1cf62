"""The spaces that somebody was offered a moment ago: who types asks with every letter."""

import time

from contracts.messaging import Space


class Suggestions:
    """In memory, by Discord id."""

    def __init__(self, *, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._kept: dict[str, tuple[float, list[Space]]] = {}

    def find(self, discord_id: str) -> list[Space] | None:
        until, spaces = self._kept.get(discord_id, (0.0, []))
        return spaces if until > time.monotonic() else None

    def keep(self, discord_id: str, spaces: list[Space]) -> None:
        at = time.monotonic()
        self._kept = {one: known for one, known in self._kept.items() if known[0] > at}
        self._kept[discord_id] = (at + self._kept_seconds, spaces)
