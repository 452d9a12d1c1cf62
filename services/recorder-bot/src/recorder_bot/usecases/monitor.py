"""Looks after a recording that runs: what people should be told, and when it has to end."""

import time

import structlog

from contracts.media import RecorderLimits, Recording, RecordingWarning, StopReason, Warned
from contracts.times import now
from recorder_bot.clients.discord import BotAccount
from recorder_bot.domain import accounts, texts, warnings
from recorder_bot.domain.endings import Endings, Standing, ending
from recorder_bot.domain.joining import Obstacle
from recorder_bot.domain.tracks import Tracks
from recorder_bot.domain.warnings import Health, Thresholds
from recorder_bot.settings import Settings
from recorder_bot.usecases.announcer import Announcer
from recorder_bot.usecases.report_queue import ReportQueue

MS_PER_HOUR = 3_600_000
LOST = frozenset({Obstacle.NO_VIEW, Obstacle.NO_CONNECT})

log = structlog.get_logger()


class Monitor:
    """Each warning is given once, and again when it has been away in between."""

    def __init__(
        self,
        identity: BotAccount,
        recording: Recording,
        *,
        limits: RecorderLimits,
        settings: Settings,
        reports: ReportQueue,
        announcer: Announcer,
    ) -> None:
        self._identity, self._recording = identity, recording
        self._reports, self._announcer = reports, announcer
        self._endings = Endings(
            length_ms_max=min(round(settings.length_hours_max * MS_PER_HOUR), limits.length_ms_max),
            bytes_max=min(settings.bytes_max, limits.bytes_max),
            silence_seconds_max=settings.silence_minutes_max * 60,
            empty_seconds_max=settings.empty_minutes_max * 60,
        )
        self._thresholds = Thresholds(
            no_audio_seconds=settings.no_audio_seconds, latency_ms_max=settings.latency_ms_max
        )
        self._active_warnings: frozenset[str] = frozenset()
        self._people_ns = 0

    def ending(self, tracks: Tracks, *, bytes_written: int) -> StopReason | None:
        at_ns = time.monotonic_ns()
        paused = tracks.clock is not None and not tracks.clock.running
        standing = Standing(
            position_ms=tracks.position(at_ns) // 48,
            bytes_written=bytes_written,
            silent_seconds=0.0 if paused else (at_ns - _heard_ns(tracks)) / 1e9,
            empty_seconds=(at_ns - max(self._people_ns, _began_ns(tracks))) / 1e9,
        )
        return ending(self._endings, standing)

    async def look(self, tracks: Tracks, *, channel_id: str, segments_refused: bool, disk_failing: bool) -> None:
        """Count who is there; warn of what is wrong, and say when it is well again."""
        at_ns = time.monotonic_ns()
        people = self._identity.people_in(self._recording.guild_id, channel_id)
        if people:
            self._people_ns = at_ns
        running = tracks.clock is not None and tracks.clock.running
        health = Health(
            people_present=people if running else 0,
            unheard_seconds=(at_ns - _heard_ns(tracks)) / 1e9,
            deafened=self._identity.deafened(self._recording.guild_id),
            latency_ms=self._identity.latency_ms,
            speakers_refused=tracks.accounts.has_dropped(accounts.TOO_MANY_SPEAKERS),
            segments_refused=segments_refused,
            disk_failing=disk_failing,
            undecryptable=tracks.undecryptable,
            may_connect=self._identity.obstacle(self._recording.guild_id, channel_id) not in LOST,
        )
        found = warnings.health_warnings(health, self._thresholds)
        for code in sorted(found - self._active_warnings):
            await self.warn(code, channel_id=channel_id)
        for code in sorted(self._active_warnings - found):
            if text := texts.RECOVERED.get(code):
                self._announcer.show("", text, channel_id)
        self._active_warnings = found

    async def warn(self, code: str, *, channel_id: str) -> None:
        text = texts.WARNINGS[code]
        log.warning("recording.warned", recording=str(self._recording.id), code=code)
        await self._reports.add(Warned(warning=RecordingWarning(code=code, detail=text, at=now())))
        self._announcer.show("", text, channel_id)


def _began_ns(tracks: Tracks) -> int:
    """Since when the recording runs, or stands still; before that there is nothing to wait for."""
    return tracks.clock.at_ns if tracks.clock else time.monotonic_ns()


def _heard_ns(tracks: Tracks) -> int:
    return max(tracks.voice_heard_ns or 0, _began_ns(tracks))
