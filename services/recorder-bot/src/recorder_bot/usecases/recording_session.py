"""One recording, from its claim until media has all of it: join, announce, write, end, hand over."""

import asyncio
import time

import structlog

from chassis.background import Supervisor
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
from recorder_bot.clients.discord import BotAccount, CannotSpeak
from recorder_bot.clients.media import Media
from recorder_bot.domain import accounts, texts, warnings
from recorder_bot.domain.clock import RecordingClock, milliseconds, samples
from recorder_bot.domain.joining import Obstacle
from recorder_bot.domain.state import Checkpoint, SessionState, gaps_after_restart, position_ms
from recorder_bot.domain.track import Cut
from recorder_bot.domain.tracks import Tracks
from recorder_bot.settings import Settings
from recorder_bot.store.completion import run_to_completion
from recorder_bot.store.spool import Folder
from recorder_bot.usecases.announcer import Announcer
from recorder_bot.usecases.monitor import Monitor
from recorder_bot.usecases.report_queue import ReportQueue
from recorder_bot.usecases.reporting import Reporter
from recorder_bot.usecases.segment_writer import SegmentWriter
from recorder_bot.usecases.uploading import Uploader
from recorder_bot.usecases.voice_link import LinkLost, VoiceLink

State = RecordingState
OVER = frozenset({State.FINISHING, State.READY, State.FAILED})

log = structlog.get_logger()


class RecordingSession:
    """What the public methods say has its effect within a tick; opting out at once."""

    def __init__(
        self,
        state: SessionState,
        *,
        folder: Folder,
        checkpoint: Checkpoint,
        identity: BotAccount,
        media: Media,
        holder: str,
        settings: Settings,
        supervisor: Supervisor,
    ) -> None:
        self.identity, self._supervisor = identity, supervisor
        self.recording = recording = state.claimed.recording
        self._settings, self._folder, self._checkpoint = settings, folder, checkpoint
        self._wanted = state.claimed.orders.state
        self._opted_out, self._failure = frozenset(state.opted_out), ""
        self._just_opted_out: frozenset[str] = frozenset()
        self._wake, self._over = asyncio.Event(), asyncio.Event()
        self._obstacles: frozenset[Obstacle] = frozenset()
        if self._wanted in OVER:
            self._over.set()
        self._reports = reports = ReportQueue(folder, state)
        self._tracks = tracks = _tracks(state, checkpoint, settings)
        self._writer = SegmentWriter(
            tracks,
            folder=folder,
            reports=reports,
            checkpoint=checkpoint,
            name_of=lambda user_id: identity.name_of(recording.guild_id, user_id),
        )
        self._link = VoiceLink(
            identity,
            recording,
            channel_id=state.channel_id or recording.voice_channel_id,
            tracks=tracks,
            writer=self._writer,
            settings=settings,
            wake=self._wake.set,
        )
        self._announcer = Announcer(
            identity,
            recording,
            before=state.nickname_before,
            announcement_channel_id=settings.announcement_channel_id,
        )
        self._monitor = Monitor(
            identity,
            recording,
            limits=state.claimed.limits,
            settings=settings,
            reports=reports,
            announcer=self._announcer,
        )
        self._reporter = Reporter(
            reports, media=media, holder=holder, progress=self._progress, obey=self.obey, settings=settings
        )
        self._uploader = Uploader(
            recording.id, folder=folder, media=media, speakers_known=reports.empty.wait, settings=settings
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
        if self._wanted in OVER:
            self._over.set()

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
            async with self._supervisor.running(self._reporter.worker(), self._uploader.worker()):
                if self._reports.state.stopped is None and not self._reporter.lost.is_set():
                    await self._record()
                await self._hand_over()
        finally:
            await self._link.leave()

    @property
    def _is_over(self) -> bool:
        return self._wanted in OVER or self._reporter.lost.is_set()

    def _opt_out(self, people: frozenset[str]) -> None:
        """Exactly these: nothing of them is kept from now on."""
        self._opted_out = people
        newly = self._tracks.opt_out(map(int, people))
        if newly:
            self._writer.erase(newly)
            self._wake.set()

    async def _record(self) -> None:
        began = self._reports.state.anchor is not None
        try:
            if await self._join(keep_trying=began):
                await self._begin(anew=not began)
            reason = await self._write_until_over()
        except (LinkLost, CannotSpeak) as failed:
            log.warning("recording.broken_off", recording=str(self.recording.id), reason=str(failed))
            self._failure = texts.NOT_JOINED[failed.obstacle] if isinstance(failed, LinkLost) else texts.UNTOLD
            reason = StopReason.RECORDER_LOST
        except asyncio.CancelledError:
            await run_to_completion(self._put_down())
            raise
        await self._end(reason)

    async def _put_down(self) -> None:
        """Everything that arrived until now is on disk; another process goes on."""
        self._tracks.end(time.monotonic_ns())
        await self._link.leave()
        await self._writer.write(last=True)

    async def _join(self, *, keep_trying: bool) -> bool:
        """False when the recording was over first, also while Discord is away. Raises LinkLost."""
        joining = asyncio.create_task(self._link.join(keep_trying=keep_trying, obstructed=self._warn_of))
        ends = [asyncio.create_task(event.wait()) for event in (self._over, self._reporter.lost)]
        try:
            await asyncio.wait({joining, *ends}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            if not joining.done():
                joining.cancel()
                await asyncio.wait({joining})
        if joining.cancelled():
            return False
        joining.result()
        return not self._is_over

    def _warn_of(self, obstacle: Obstacle) -> None:
        """Once, until the link stands again."""
        if obstacle not in self._obstacles:
            self._obstacles |= {obstacle}
            self._announcer.show("", f"⚠️ {texts.NOT_JOINED[obstacle]}", self._link.channel_id)

    async def _begin(self, *, anew: bool) -> None:
        """Everybody is told, then the time of the recording runs."""
        before, channel_id = self._reports.state, self._link.channel_id
        paused, shown = before.state is State.PAUSED, True
        if anew:
            shown = await self._announcer.announce(texts.ANNOUNCEMENT, channel_id)
        else:
            mark = texts.MARK_PAUSED if paused else texts.MARK_RECORDING
            self._announcer.show(mark, texts.WENT_ON, channel_id)
        moment, at_ns = now(), time.monotonic_ns()
        state = State.PAUSED if paused else State.RECORDING
        position = 0
        if before.anchor:
            position = max(samples(position_ms(before.anchor, state, moment)), self._checkpoint.reached)
        anchor = Anchor(at=moment, position_ms=milliseconds(position))
        missed = [] if anew else gaps_after_restart(self._checkpoint, position)
        await self._reports.add(
            Joined(anchor=anchor),
            *(Missed(gap=each.gap, discord_id=str(each.user_id) if each.user_id else None) for each in missed),
            anchor=anchor,
            state=state,
            channel_id=channel_id,
            nickname_before=self._announcer.nickname_before,
        )
        self._wanted = state if self._wanted in {State.REQUESTED, State.JOINING} else self._wanted
        clock = RecordingClock(at_ns=at_ns, samples=position, running=not paused)
        if paused:
            self._tracks.hold(accounts.PAUSED, clock)
        else:
            self._tracks.run(clock)
        await self._writer.write()
        log.info("recording.begun", recording=str(self.recording.id), anew=anew, position_ms=anchor.position_ms)
        if not shown:
            await self._monitor.warn(warnings.NICKNAME_REFUSED, channel_id=channel_id)

    async def _write_until_over(self) -> StopReason:
        while not self._is_over:
            self._wake.clear()
            reason = await self._follow_link() or await self._tick()
            if reason:
                return reason
            try:
                await asyncio.wait_for(self._wake.wait(), self._settings.sync_seconds)
            except TimeoutError:
                continue
        return StopReason.ASKED

    async def _follow_link(self) -> StopReason | None:
        """The voice connection was lost or moved: come back, go along, or end."""
        link = self._link
        if link.removed:
            return StopReason.REMOVED
        if link.closed:
            if not await self._join(keep_trying=True):
                return None
            self._obstacles = frozenset()
            if not link.moved:
                self._tracks.resume(time.monotonic_ns())
        if link.moved:
            link.moved = False
            if self._settings.on_move == "finish":
                return StopReason.REMOVED
            await self._announcer.announce(texts.ANNOUNCEMENT, link.channel_id)
            await self._reports.update(channel_id=link.channel_id)
            if not link.moved:
                self._go_on()
        return None

    def _go_on(self) -> None:
        """Everyone in this channel has been told, too."""
        at_ns, clock = time.monotonic_ns(), self._tracks.clock
        if clock is None:
            return
        self._tracks.resume(at_ns)
        if clock.running:
            self._tracks.run(clock.turned(at_ns, running=True))
        else:
            self._tracks.hold(accounts.PAUSED)

    async def _tick(self) -> StopReason | None:
        state = self._reports.state
        if self._opted_out != frozenset(state.opted_out):
            await self._reports.update(opted_out=tuple(sorted(self._opted_out)))
        if self._wanted is State.PAUSED and state.state is State.RECORDING:
            await self._pause()
        elif self._wanted is State.RECORDING and state.state is State.PAUSED:
            await self._resume()
        await self._writer.write()
        self._uploader.wake()
        await self._look()
        return self._monitor.ending(self._tracks, bytes_written=self._writer.bytes_written)

    async def _look(self) -> None:
        await self._monitor.look(
            self._tracks,
            channel_id=self._link.channel_id,
            segments_refused=self._uploader.has_refused,
            disk_failing=self._writer.problem is not None,
        )

    async def _pause(self) -> None:
        self._stand_still(accounts.PAUSED, time.monotonic_ns())
        anchor = Anchor(at=now(), position_ms=self._position_ms())
        await self._reports.add(Paused(anchor=anchor), anchor=anchor, state=State.PAUSED)
        self._announcer.show(texts.MARK_PAUSED, texts.PAUSED, self._link.channel_id)

    async def _resume(self) -> None:
        self._announcer.show(texts.MARK_RECORDING, texts.RESUMED, self._link.channel_id)
        anchor = Anchor(at=now(), position_ms=self._position_ms())
        await self._reports.add(Resumed(anchor=anchor), anchor=anchor, state=State.RECORDING)
        if self._tracks.clock:
            self._tracks.run(self._tracks.clock.turned(time.monotonic_ns(), running=True))

    def _stand_still(self, cause: str, at_ns: int) -> None:
        clock = self._tracks.clock
        self._tracks.hold(cause, clock.turned(at_ns, running=False) if clock else None)

    async def _end(self, reason: StopReason) -> None:
        """Nothing more is written; then Discord hears of it, unless another recorder goes on."""
        at_ns = time.monotonic_ns()
        self._tracks.end(at_ns)
        await self._link.leave()
        self._tracks.resume(at_ns)
        self._stand_still(accounts.AFTER_END, at_ns)
        await self._writer.write(last=True)
        if self._reports.state.anchor and not self._reporter.lost.is_set():
            stopped = Stopped(position_ms=self._position_ms(), reason=reason)
            await self._reports.add(stopped, stopped=stopped)
            await self._announcer.close(texts.ENDED[reason], self._link.channel_id)
        if self._reporter.lost.is_set():
            await self._announcer.withdraw()
        log.info("recording.ended", recording=str(self.recording.id), reason=reason.value)

    async def _hand_over(self) -> None:
        self._uploader.wake()
        await self._uploader.empty.wait()
        await self._look()
        state = self._reports.state
        if state.stopped is None:
            await self._reports.add(Failed(reason=self._failure or texts.NEVER_BEGAN))
        else:
            await self._reports.add(Finished(packets=dict(self._writer.packets())))
        await self._reports.empty.wait()
        await self._folder.remove()
        log.info("recording.handed_over", recording=str(self.recording.id))

    def _position_ms(self) -> int:
        return milliseconds(self._tracks.position(time.monotonic_ns()))

    def _progress(self) -> Progressed | None:
        if self._tracks.clock is None:
            return None
        return Progressed(position_ms=self._position_ms(), packets=dict(self._writer.packets()))


def _tracks(state: SessionState, checkpoint: Checkpoint, settings: Settings) -> Tracks:
    limits = state.claimed.limits
    length = samples(round(settings.segment_seconds * 1000))
    return Tracks(
        cut=Cut(samples_max=length, bytes_max=limits.segment_bytes_max // 2),
        tracks_max=limits.tracks_max,
        opted_out=map(int, state.opted_out),
        ends=checkpoint.ends,
    )
