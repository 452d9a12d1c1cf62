"""The connection to the voice channel: joins, comes back when it is lost, notices when it is moved."""

import asyncio
import time
from collections.abc import Callable

import structlog

from contracts.media import Recording
from recorder_bot.clients.discord import BotAccount
from recorder_bot.domain import accounts, gaps
from recorder_bot.domain.joining import Obstacle
from recorder_bot.domain.tracks import Tracks
from recorder_bot.settings import Settings
from recorder_bot.usecases.segment_writer import SegmentWriter
from voice import Closed, CouldNotConnect, Heard, Moved, Reason, VoiceConnection

REMOVED = frozenset({Reason.DISCONNECTED, Reason.CALL_ENDED})
MAY_COME_BACK = frozenset({4014, 4022})
"""The voice server hung up: also when we were moved, or when Discord lost our main session."""

log = structlog.get_logger()


class LinkLost(Exception):
    """There is no way into the voice channel."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


class VoiceLink:
    """`channel_id` is where the recorder is, or is to be. Tracks are told since when nothing is received."""

    def __init__(
        self,
        identity: BotAccount,
        recording: Recording,
        *,
        channel_id: str,
        tracks: Tracks,
        writer: SegmentWriter,
        settings: Settings,
        wake: Callable[[], None],
    ) -> None:
        """`wake` is called when the connection was moved or lost."""
        self.channel_id = channel_id
        self.moved = False
        """People in this channel are to be told."""
        self.closed: Closed | None = None
        self._identity, self._recording = identity, recording
        self._tracks, self._writer, self._settings = tracks, writer, settings
        self._connection: VoiceConnection | None = None
        self._wake = wake
        self._joined_at: float | None = None
        self._failures = 0
        """In a row, also of connections that did not hold."""

    @property
    def removed(self) -> bool:
        """Someone took the recorder out, as the main gateway says: it does not come back by itself."""
        closed = self.closed
        return closed is not None and closed.reason in REMOVED and closed.close_code not in MAY_COME_BACK

    async def join(self, *, keep_trying: bool, obstructed: Callable[[Obstacle], None]) -> None:
        """Raises LinkLost. The first time it must not take long; later it may, for the sake of what there is: then
        `obstructed` hears what is in the way."""
        settings = self._settings
        if self.closed is not None and self.closed.reason is Reason.RATE_LIMITED:
            raise LinkLost(Obstacle.RATE_LIMITED)
        deadline = time.monotonic() + (settings.rejoin_seconds_max if keep_trying else settings.join_seconds_max)
        if self._connection:
            await self._connection.join()
            await self._pause()
        await self._identity.started()
        while True:
            obstacle = self._identity.obstacle(self._recording.guild_id, self.channel_id) or await self._connect()
            if obstacle is None:
                return
            log.info("voice.not_joined", recording=str(self._recording.id), reason=obstacle.value)
            may_pass = obstacle is Obstacle.UNREACHABLE or (keep_trying and obstacle is not Obstacle.RATE_LIMITED)
            if not may_pass or time.monotonic() > deadline:
                raise LinkLost(obstacle)
            obstructed(obstacle)
            self._failures += 1
            await self._pause()

    async def leave(self) -> None:
        if self._connection:
            await self._connection.disconnect()

    async def _connect(self) -> Obstacle | None:
        try:
            self._connection = await self._identity.connect(
                self._recording.guild_id,
                self.channel_id,
                listener=self._hear,
                timeout_seconds=self._settings.join_seconds_max,
            )
        except CouldNotConnect as failed:
            log.info("voice.connect_failed", recording=str(self._recording.id), reason=str(failed))
            limited = str(failed) == Reason.RATE_LIMITED
            return Obstacle.RATE_LIMITED if limited else Obstacle.UNREACHABLE
        self.closed, self._joined_at = None, time.monotonic()
        self._writer.listen_to(self._connection)
        return None

    async def _pause(self) -> None:
        """None at first, then longer each time: Discord limits how often we may join."""
        if self._failures > 1:
            seconds = self._settings.retry_seconds * 2.0 ** min(self._failures - 2, 10)
            await asyncio.sleep(min(seconds, self._settings.rejoin_pause_seconds_max))

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Moved():
                self._tracks.hold(accounts.NOT_ANNOUNCED)
                self._tracks.interrupt(time.monotonic_ns(), gaps.MOVED)
                self.channel_id, self.moved = str(heard.channel_id), True
                self._wake()
            case Closed():
                self.closed = heard
                held = self._joined_at is not None and (
                    time.monotonic() - self._joined_at >= self._settings.steady_seconds
                )
                self._failures = 0 if held else self._failures + 1
                self._tracks.interrupt(heard.last_good_ns or time.monotonic_ns(), gaps.RECONNECTED)
                self._wake()
            case _:
                self._tracks.hear(heard)
