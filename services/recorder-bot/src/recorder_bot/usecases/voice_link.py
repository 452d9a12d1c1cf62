"""The connection to the voice channel: joins, comes back when it is lost, notices when it is moved."""

import asyncio
import time
from collections.abc import Callable

import structlog

from contracts.media import Recording
from recorder_bot.clients.discord import BotAccount
from recorder_bot.domain import accounts
from recorder_bot.domain.tracks import Tracks
from recorder_bot.settings import Settings
from recorder_bot.usecases.segment_writer import SegmentWriter
from voice import Closed, CouldNotConnect, Heard, Moved, Reason, VoiceConnection

REMOVED = frozenset({Reason.DISCONNECTED, Reason.CALL_ENDED})
HUNG_UP = 4014

log = structlog.get_logger()


class LinkLost(Exception):
    """There is no way into the voice channel."""


class VoiceLink:
    """`channel_id` is where the recorder is, or is to be."""

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
        self.moved_at_ns: int | None = None
        self.closed: Closed | None = None
        self.closed_at_ns = 0
        self._identity, self._recording = identity, recording
        self._tracks, self._writer, self._settings = tracks, writer, settings
        self._connection: VoiceConnection | None = None
        self._wake = wake

    @property
    def removed(self) -> bool:
        """Somebody took the recorder out, as the main gateway says: it does not come back by itself. Where only the
        voice server hangs up, Discord may have lost our main session."""
        closed = self.closed
        return closed is not None and closed.reason in REMOVED and closed.close_code != HUNG_UP

    async def join(self, *, give_up: Callable[[], bool], keep_trying: bool) -> None:
        """Raises LinkLost. The first time it must not take long; later it may, for the sake of what there is."""
        settings = self._settings
        deadline = time.monotonic() + (settings.rejoin_seconds_max if keep_trying else settings.join_seconds_max)
        await self._identity.started()
        while not give_up():
            try:
                self._connection = await self._identity.connect(
                    self._recording.guild_id,
                    self.channel_id,
                    listener=self._hear,
                    timeout_seconds=settings.join_seconds_max,
                )
            except CouldNotConnect as failed:
                log.info("voice.not_joined", recording=str(self._recording.id), reason=str(failed))
                if time.monotonic() > deadline:
                    raise LinkLost(f"The voice channel could not be joined: {failed}") from failed
                await asyncio.sleep(settings.retry_seconds)
            else:
                self.closed = None
                self._writer.listen_to(self._connection)
                return

    async def leave(self) -> None:
        if self._connection:
            await self._connection.disconnect()

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Moved():
                self._tracks.hold(accounts.NOT_ANNOUNCED)
                self.channel_id, self.moved_at_ns = str(heard.channel_id), time.monotonic_ns()
                self._wake()
            case Closed():
                self.closed, self.closed_at_ns = heard, time.monotonic_ns()
                self._wake()
            case _:
                self._tracks.hear(heard)
