"""The newest state of recordings that run, as the stream and the answers tell it."""

from typing import Final

from contracts.ids import RecordingId
from contracts.media import Recording
from control_bot.domain.recordings import RUNNING

KEPT_MAX: Final = 10_000


class RecordingCache:
    """In memory: it only saves asking, and lets speakers without an account choose."""

    def __init__(self) -> None:
        self._running: dict[RecordingId, Recording] = {}

    def keep(self, recording: Recording) -> None:
        self._running.pop(recording.id, None)
        if recording.state in RUNNING:
            self._running[recording.id] = recording
            if len(self._running) > KEPT_MAX:
                del self._running[next(iter(self._running))]

    def clear(self) -> None:
        self._running.clear()

    def running(self, guild_id: str) -> list[Recording]:
        return [each for each in self._running.values() if each.guild_id == guild_id]
