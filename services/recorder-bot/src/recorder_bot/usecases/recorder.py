"""All recordings that this recorder has: those it was given, and those that its spool remembers."""

import asyncio
import math
import time
from collections.abc import Sequence

import msgspec
import structlog

from chassis.background import Supervisor, Worker, every
from contracts.ids import RecordingId, SpaceId
from contracts.media import Claimed, ClaimWanted, Recording, RecordingState
from contracts.problems import Unavailable
from recorder_bot.clients.discord import BotAccount
from recorder_bot.clients.media import Media, Refused
from recorder_bot.domain.clock import samples
from recorder_bot.domain.state import Checkpoint, SessionState
from recorder_bot.settings import Settings
from recorder_bot.store.spool import Folder, Spool
from recorder_bot.usecases import meters
from recorder_bot.usecases.recording_session import RecordingSession
from recorder_bot.usecases.reporting import OVER

State = RecordingState
TO_BEGIN = frozenset({State.REQUESTED, State.JOINING, State.RECORDING, State.PAUSED})

log = structlog.get_logger()


class Recorder:
    """`sessions` are what is under way here."""

    def __init__(
        self,
        identities: Sequence[BotAccount],
        *,
        media: Media,
        spool: Spool,
        settings: Settings,
        supervisor: Supervisor,
    ) -> None:
        self.sessions: dict[RecordingId, RecordingSession] = {}
        self._identities = identities
        self._media, self._spool, self._settings = media, spool, settings
        self._supervisor = supervisor
        self._tasks: dict[RecordingId, asyncio.Task[None]] = {}
        self._claiming = asyncio.Lock()
        self._rests_until: dict[RecordingId, float] = {}
        self._stranded: set[RecordingId] = set()

    def worker(self) -> Worker:
        return Worker("recorder", self._step, wait=every(self._settings.poll_seconds), bound_seconds=math.inf)

    async def _step(self) -> None:
        """Go on with what the spool remembers, and look for more."""
        if not self._spool.lock():
            return
        async with self._claiming:
            await self._resume_spooled()
        await self._claim_waiting()

    async def end(self) -> None:
        """Put down what is under way: everything heard is on disk when this returns."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def claim(self, recording: Recording) -> None:
        """Claim it with an identity that is free in its guild, if there is one. Raises Unavailable."""
        async with self._claiming:
            if not self._spool.lock() or self._spool.has(recording.id) or recording.state not in TO_BEGIN:
                return
            for identity in self._free_in(recording.guild_id):
                wanted = ClaimWanted(identity=identity.id, holder=self._spool.holder)
                try:
                    claimed = await self._media.claim(recording.id, wanted)
                except Refused as refused:
                    log.info("recording.not_claimed", recording=str(recording.id), code=refused.code)
                    if refused.code != "identity_busy":
                        return
                else:
                    await self._begin(claimed, identity)
                    return

    def in_space(self, space_id: SpaceId) -> list[RecordingSession]:
        return [session for session in self.sessions.values() if session.recording.space_id == space_id]

    async def _resume_spooled(self) -> None:
        """With everything in the spool that nobody here works on."""
        known = {identity.id: identity for identity in self._identities}
        resting = {each for each, until in self._rests_until.items() if time.monotonic() < until}
        for folder, left in await self._spool.left(besides=self._tasks.keys() | resting | self._stranded):
            identity = known.get(left.identity)
            if identity is None:
                log.error("recording.stranded", recording=str(left.id), identity=left.identity)
                self._stranded.add(left.id)
                continue
            state, is_ours = await self._claim_again(left)
            await folder.save(state)
            await folder.erase(state.opted_out)
            sealed_ends, checkpoint = await folder.seal_all(), await folder.checkpoint()
            log.info("recording.found", recording=str(left.id), position=checkpoint.position)
            self._start(state, checkpoint.reaching(sealed_ends), identity, folder, is_ours=is_ours)

    async def _claim_again(self, left: SessionState) -> tuple[SessionState, bool]:
        """Who has opted out meanwhile must be known before anything is written; without media, the last word counts.
        Answers also whether the recording is still this recorder's: if not, there is only its spool to empty."""
        try:
            wanted = ClaimWanted(identity=left.identity, holder=self._spool.holder)
            claimed = await self._media.claim(left.id, wanted)
        except Unavailable as away:
            log.info("recording.not_claimed", recording=str(left.id), reason=str(away))
            return left, True
        except Refused as refused:
            log.info("recording.not_claimed", recording=str(left.id), reason=str(refused))
            return left, refused.code not in OVER
        return msgspec.structs.replace(left, claimed=claimed, opted_out=claimed.orders.opted_out), True

    async def _claim_waiting(self) -> None:
        if not any(identity.ready for identity in self._identities):
            return
        try:
            for recording in await self._media.claimable(self._spool.holder):
                await self.claim(recording)
        except (Unavailable, Refused) as away:
            log.info("media.away", reason=str(away))

    def _free_in(self, guild_id: str) -> list[BotAccount]:
        busy = {session.identity.id for session in self.sessions.values() if session.recording.guild_id == guild_id}
        return [each for each in self._identities if each.is_in(guild_id) and each.id not in busy]

    async def _begin(self, claimed: Claimed, identity: BotAccount) -> None:
        """On disk first: from here on the recording is this recorder's, whatever happens to the process."""
        recording, paused = claimed.recording, claimed.orders.state is State.PAUSED
        state = SessionState(
            claimed=claimed,
            identity=identity.id,
            state=State.PAUSED if paused else State.RECORDING,
            opted_out=claimed.orders.opted_out,
            anchor=claimed.anchor,
        )
        checkpoint = Checkpoint(
            position=samples(recording.duration_ms),
            ends={int(track.discord_id): track.last_sample for track in claimed.tracks},
            packets={track.speaker.discord_id: track.packets for track in recording.tracks},
        )
        folder = self._spool.folder(recording.id)
        await folder.mark(checkpoint)
        await folder.save(state)
        self._start(state, checkpoint, identity, folder)

    def _start(
        self, state: SessionState, checkpoint: Checkpoint, identity: BotAccount, folder: Folder, *, is_ours: bool = True
    ) -> None:
        session = RecordingSession(
            state,
            folder=folder,
            checkpoint=checkpoint,
            identity=identity,
            media=self._media,
            holder=self._spool.holder,
            settings=self._settings,
            supervisor=self._supervisor,
        )
        if not is_ours:
            session.give_up()
        self.sessions[state.id] = session
        task = asyncio.create_task(session.run())
        self._tasks[state.id] = task
        meters.recordings.add(1)
        task.add_done_callback(lambda _: self._over(state.id, task))

    def _over(self, recording_id: RecordingId, task: asyncio.Task[None]) -> None:
        self.sessions.pop(recording_id, None)
        self._tasks.pop(recording_id, None)
        meters.recordings.add(-1)
        if not task.cancelled() and (failed := task.exception()):
            log.error("recording.failed", recording=str(recording_id), exc_info=failed)
            self._rests_until[recording_id] = time.monotonic() + self._settings.failed_seconds
