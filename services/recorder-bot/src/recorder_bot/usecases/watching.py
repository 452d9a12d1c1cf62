"""Looks after a recording that runs: what people should be told, and when it has to end."""

import time

import structlog

from contracts.media import RecorderLimits, Recording, RecordingWarning, StopReason, Warned
from contracts.times import now
from recorder_bot.clients.discord import Identity
from recorder_bot.domain import accounts, texts, worries
from recorder_bot.domain.desk import Desk
from recorder_bot.domain.endings import Endings, Standing, ending
from recorder_bot.domain.worries import Signs, Tolerance
from recorder_bot.settings import Settings
from recorder_bot.usecases.logbook import Logbook
from recorder_bot.usecases.presence import Presence

MS_PER_HOUR = 3_600_000

log = structlog.get_logger()


class Watch:
    """Each worry is told once, and again when it has been away in between."""

    def __init__(
        self,
        identity: Identity,
        recording: Recording,
        *,
        limits: RecorderLimits,
        settings: Settings,
        logbook: Logbook,
        presence: Presence,
    ) -> None:
        self._identity, self._recording = identity, recording
        self._logbook, self._presence = logbook, presence
        self._endings = Endings(
            length_ms_max=min(round(settings.length_hours_max * MS_PER_HOUR), limits.length_ms_max),
            bytes_max=min(settings.bytes_max, limits.bytes_max),
            silence_seconds_max=settings.silence_minutes_max * 60,
            empty_seconds_max=settings.empty_minutes_max * 60,
        )
        self._tolerance = Tolerance(no_audio_seconds=settings.no_audio_seconds, latency_ms_max=settings.latency_ms_max)
        self._worries: frozenset[str] = frozenset()
        self._people_ns = 0

    def ending(self, desk: Desk, *, bytes_written: int) -> StopReason | None:
        at_ns = time.monotonic_ns()
        paused = desk.course is not None and not desk.course.running
        standing = Standing(
            position_ms=desk.position(at_ns) // 48,
            bytes_written=bytes_written,
            silent_seconds=0.0 if paused else (at_ns - _heard_ns(desk)) / 1e9,
            empty_seconds=(at_ns - max(self._people_ns, _began_ns(desk))) / 1e9,
        )
        return ending(self._endings, standing)

    async def look(self, desk: Desk, *, channel_id: str, segments_refused: bool) -> None:
        """Count who is there, and tell what is wrong."""
        at_ns = time.monotonic_ns()
        people = self._identity.people_in(self._recording.guild_id, channel_id)
        if people:
            self._people_ns = at_ns
        running = desk.course is not None and desk.course.running
        signs = Signs(
            people_present=people if running else 0,
            unheard_seconds=(at_ns - _heard_ns(desk)) / 1e9,
            deafened=self._identity.deafened(self._recording.guild_id),
            latency_ms=self._identity.latency_ms,
            speakers_refused=desk.accounts.has_dropped(accounts.TOO_MANY_SPEAKERS),
            segments_refused=segments_refused,
        )
        found = worries.worries(signs, self._tolerance)
        for code in sorted(found - self._worries):
            await self.warn(code, channel_id=channel_id)
        self._worries = found

    async def warn(self, code: str, *, channel_id: str) -> None:
        text = texts.WARNINGS[code]
        log.warning("recording.warned", recording=str(self._recording.id), code=code)
        await self._logbook.tell(Warned(warning=RecordingWarning(code=code, detail=text, at=now())))
        self._presence.show("", text, channel_id)


def _began_ns(desk: Desk) -> int:
    """Since when the recording runs, or stands still; before that there is nothing to wait for."""
    return desk.course.at_ns if desk.course else time.monotonic_ns()


def _heard_ns(desk: Desk) -> int:
    return max(desk.voice_heard_ns or 0, _began_ns(desk))
