"""One recording, from its claim until media has all of it: join, announce, write, end, hand over."""

import asyncio
import time

import structlog

from contracts.media import (
    Anchor,
    Failed,
    Finished,
    Joined,
    Missed,
    Orders,
    Paused,
    Progressed,
    RecordingState,
    Resumed,
    Stopped,
    StopReason,
)
from contracts.times import now
from recorder_bot.clients.discord import CannotSpeak, Identity
from recorder_bot.clients.media import Media
from recorder_bot.domain import accounts, gaps, texts, worries
from recorder_bot.domain.course import Course, milliseconds, samples
from recorder_bot.domain.desk import Desk
from recorder_bot.domain.track import Cut
from recorder_bot.domain.underway import Alive, Underway, position_ms
from recorder_bot.settings import Settings
from recorder_bot.store.spool import Folder
from recorder_bot.usecases.line import Line, LineLost
from recorder_bot.usecases.logbook import Logbook
from recorder_bot.usecases.presence import Presence
from recorder_bot.usecases.reporting import Reporter
from recorder_bot.usecases.uploading import Uploader
from recorder_bot.usecases.watching import Watch
from recorder_bot.usecases.writing import Scribe

State = RecordingState
OVER = frozenset({State.FINISHING, State.READY, State.FAILED})

log = structlog.get_logger()


class Take:
    """What the public methods say has its effect within a tick; opting out at once."""

    def __init__(
        self,
        underway: Underway,
        *,
        folder: Folder,
        alive: Alive,
        identity: Identity,
        media: Media,
        holder: str,
        settings: Settings,
    ) -> None:
        self.identity = identity
        self.recording = recording = underway.claimed.recording
        self._settings, self._folder, self._alive = settings, folder, alive
        self._wanted = underway.claimed.orders.state
        self._opted_out = frozenset(underway.opted_out)
        self._just_opted_out: frozenset[str] = frozenset()
        self._wake = asyncio.Event()
        self._failure = ""
        self._logbook = logbook = Logbook(folder, underway)
        self._desk = desk = _desk(underway, alive, settings)
        self._scribe = Scribe(
            desk,
            folder=folder,
            logbook=logbook,
            alive=alive,
            name_of=lambda user_id: identity.name_of(recording.guild_id, user_id),
        )
        self._line = Line(
            identity,
            recording,
            channel_id=underway.channel_id or recording.voice_channel_id,
            desk=desk,
            scribe=self._scribe,
            settings=settings,
            wake=self._wake.set,
        )
        self._presence = Presence(
            identity,
            recording,
            before=underway.nickname_before,
            announcement_channel_id=settings.announcement_channel_id,
        )
        self._watch = Watch(
            identity,
            recording,
            limits=underway.claimed.limits,
            settings=settings,
            logbook=logbook,
            presence=self._presence,
        )
        self._reporter = Reporter(
            logbook, media=media, holder=holder, progress=self._progress, obey=self.obey, settings=settings
        )
        self._uploader = Uploader(
            recording.id, folder=folder, media=media, speakers_known=logbook.quiet.wait, settings=settings
        )

    def give_up(self) -> None:
        """Another recorder has it: there is only the spool to hand over."""
        self._reporter.lost.set()

    def obey(self, orders: Orders) -> None:
        """They may have been given before a choice that is known here already: opting out stands until they say so."""
        self.want(orders.state)
        people = frozenset(orders.opted_out)
        self._just_opted_out -= people
        self._opt_out(people | self._just_opted_out)

    def want(self, state: RecordingState) -> None:
        """What is over stays over."""
        if self._wanted not in OVER and state is not self._wanted:
            self._wanted = state
            self._wake.set()

    def opt_out(self, discord_id: str) -> None:
        """One speaker's choice, sooner than orders tell it."""
        self._just_opted_out |= {discord_id}
        self._opt_out(self._opted_out | {discord_id})

    def opt_in(self, discord_id: str) -> None:
        """They count again when orders say so."""
        self._just_opted_out -= {discord_id}

    async def run(self) -> None:
        """Until media has everything. When cancelled, all that was heard is on disk, and goes on at the next start."""
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(each.run()) for each in (self._reporter, self._uploader)]
                if self._logbook.underway.stopped is None and not self._reporter.lost.is_set():
                    await self._record()
                await self._hand_over()
                for helper in helpers:
                    helper.cancel()
        finally:
            await self._line.leave()

    @property
    def _is_over(self) -> bool:
        return self._wanted in OVER or self._reporter.lost.is_set()

    def _opt_out(self, people: frozenset[str]) -> None:
        """Exactly these: nothing of them is kept from now on."""
        self._opted_out = people
        newly = self._desk.opt_out(map(int, people))
        if newly:
            self._scribe.erase(newly)
            self._wake.set()

    async def _record(self) -> None:
        began = self._logbook.underway.anchor is not None
        try:
            await self._line.join(give_up=lambda: self._is_over, keep_trying=began)
            if not self._is_over:
                await self._begin(anew=not began)
            reason = await self._write_until_over()
        except (LineLost, CannotSpeak) as failed:
            log.warning("recording.broken_off", recording=str(self.recording.id), reason=str(failed))
            self._failure, reason = str(failed), StopReason.RECORDER_LOST
        except asyncio.CancelledError:
            await self._scribe.write()
            raise
        await self._end(reason)

    async def _begin(self, *, anew: bool) -> None:
        """Everybody is told, then the time of the recording runs."""
        before, channel_id = self._logbook.underway, self._line.channel_id
        paused, shown = before.state is State.PAUSED, True
        if anew:
            shown = await self._presence.announce(texts.ANNOUNCEMENT, channel_id)
        else:
            mark = texts.MARK_PAUSED if paused else texts.MARK_RECORDING
            self._presence.show(mark, texts.WENT_ON, channel_id)
        moment, at_ns = now(), time.monotonic_ns()
        state = State.PAUSED if paused else State.RECORDING
        position = 0
        if before.anchor:
            position = max(samples(position_ms(before.anchor, state, moment)), self._alive.position)
        anchor = Anchor(at=moment, position_ms=milliseconds(position))
        missed = gaps.gap(self._alive.position, position, gaps.RESTARTED)
        await self._logbook.tell(
            Joined(anchor=anchor),
            *([Missed(gap=missed)] if missed.length_ms else []),
            anchor=anchor,
            state=state,
            channel_id=channel_id,
            nickname_before=self._presence.nickname_before,
        )
        self._wanted = state if self._wanted in {State.REQUESTED, State.JOINING} else self._wanted
        course = Course(at_ns=at_ns, samples=position, running=not paused)
        if paused:
            self._desk.hold(accounts.PAUSED, course)
        else:
            self._desk.run(course)
        await self._scribe.write()
        log.info("recording.begun", recording=str(self.recording.id), anew=anew, position_ms=anchor.position_ms)
        if not shown:
            await self._watch.warn(worries.NICKNAME_REFUSED, channel_id=channel_id)

    async def _write_until_over(self) -> StopReason:
        while not self._is_over:
            self._wake.clear()
            reason = await self._follow_line() or await self._tick()
            if reason:
                return reason
            try:
                await asyncio.wait_for(self._wake.wait(), self._settings.sync_seconds)
            except TimeoutError:
                continue
        return StopReason.ASKED

    async def _follow_line(self) -> StopReason | None:
        """The voice connection was lost or moved: come back, go along, or end."""
        line = self._line
        if line.removed:
            return StopReason.REMOVED
        if line.closed:
            lost_ns = line.closed_at_ns
            await line.join(give_up=lambda: self._is_over, keep_trying=True)
            self._desk.lose(lost_ns, time.monotonic_ns(), gaps.RECONNECTED)
        if line.moved_at_ns is not None:
            moved_ns, line.moved_at_ns = line.moved_at_ns, None
            if self._settings.on_move == "finish":
                return StopReason.REMOVED
            await self._presence.announce(texts.ANNOUNCEMENT, line.channel_id)
            await self._logbook.note(channel_id=line.channel_id)
            self._go_on(since_ns=moved_ns)
        return None

    def _go_on(self, *, since_ns: int) -> None:
        """Everybody here has been told, too."""
        at_ns, course = time.monotonic_ns(), self._desk.course
        if course and course.running and self._line.moved_at_ns is None:
            self._desk.lose(since_ns, at_ns, gaps.MOVED)
            self._desk.run(course.turned(at_ns, running=True))
        elif course:
            self._desk.hold(accounts.NOT_ANNOUNCED if course.running else accounts.PAUSED)

    async def _tick(self) -> StopReason | None:
        underway = self._logbook.underway
        if self._opted_out != frozenset(underway.opted_out):
            await self._logbook.note(opted_out=tuple(sorted(self._opted_out)))
        if self._wanted is State.PAUSED and underway.state is State.RECORDING:
            await self._pause()
        elif self._wanted is State.RECORDING and underway.state is State.PAUSED:
            await self._resume()
        await self._scribe.write()
        self._uploader.wake()
        await self._look()
        return self._watch.ending(self._desk, bytes_written=self._scribe.bytes_written)

    async def _look(self) -> None:
        refused = self._uploader.has_refused
        await self._watch.look(self._desk, channel_id=self._line.channel_id, segments_refused=refused)

    async def _pause(self) -> None:
        self._stand_still(accounts.PAUSED, time.monotonic_ns())
        anchor = Anchor(at=now(), position_ms=self._position_ms())
        await self._logbook.tell(Paused(anchor=anchor), anchor=anchor, state=State.PAUSED)
        self._presence.show(texts.MARK_PAUSED, texts.PAUSED, self._line.channel_id)

    async def _resume(self) -> None:
        self._presence.show(texts.MARK_RECORDING, texts.RESUMED, self._line.channel_id)
        anchor = Anchor(at=now(), position_ms=self._position_ms())
        await self._logbook.tell(Resumed(anchor=anchor), anchor=anchor, state=State.RECORDING)
        if self._desk.course:
            self._desk.run(self._desk.course.turned(time.monotonic_ns(), running=True))

    def _stand_still(self, cause: str, at_ns: int) -> None:
        course = self._desk.course
        self._desk.hold(cause, course.turned(at_ns, running=False) if course else None)

    async def _end(self, reason: StopReason) -> None:
        """Nothing more is written; then Discord hears of it, unless another recorder goes on."""
        at_ns = time.monotonic_ns()
        self._desk.end(at_ns)
        await self._line.leave()
        self._stand_still(accounts.AFTER_END, at_ns)
        await self._scribe.write(last=True)
        if self._logbook.underway.anchor and not self._reporter.lost.is_set():
            stopped = Stopped(position_ms=self._position_ms(), reason=reason)
            await self._logbook.tell(stopped, stopped=stopped)
            await self._presence.close(texts.ENDED[reason], self._line.channel_id)
        if self._reporter.lost.is_set():
            await self._presence.withdraw()
        log.info("recording.ended", recording=str(self.recording.id), reason=reason.value)

    async def _hand_over(self) -> None:
        self._uploader.wake()
        await self._uploader.empty.wait()
        await self._look()
        underway = self._logbook.underway
        if underway.stopped is None:
            await self._logbook.tell(Failed(reason=self._failure or "It was stopped before it began"))
        else:
            await self._logbook.tell(Finished(packets=dict(self._scribe.packets())))
        await self._logbook.quiet.wait()
        await self._folder.remove()
        log.info("recording.handed_over", recording=str(self.recording.id))

    def _position_ms(self) -> int:
        return milliseconds(self._desk.position(time.monotonic_ns()))

    def _progress(self) -> Progressed | None:
        if self._desk.course is None:
            return None
        return Progressed(position_ms=self._position_ms(), packets=dict(self._scribe.packets()))


def _desk(underway: Underway, alive: Alive, settings: Settings) -> Desk:
    limits = underway.claimed.limits
    length = samples(round(settings.segment_seconds * 1000))
    return Desk(
        cut=Cut(samples_max=length, bytes_max=limits.segment_bytes_max // 2),
        tracks_max=limits.tracks_max,
        opted_out=map(int, underway.opted_out),
        ends=alive.ends,
    )
