"""Empty a recording's spool: reserve, put, acknowledge, and only then forget."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable

import structlog

from chassis.background import Worker
from chassis.poison import SetAside
from contracts.ids import RecordingId
from contracts.media import SegmentAcknowledged, SegmentState, SegmentWanted
from contracts.problems import Unavailable
from recorder_bot.clients.media import Media, Refused
from recorder_bot.settings import Settings
from recorder_bot.store.segments import Refusal
from recorder_bot.store.spool import Folder
from recorder_bot.usecases import meters

AGAIN = frozenset({"segment_missing", "segment_damaged", "not_now"})
"""Refused this time. Every other refusal stands: the recording is over, there is no room, the spool was damaged."""
OPTED_OUT = "opted_out"

log = structlog.get_logger()


class Uploader:
    """`speakers_known` answers once media knows the speakers of all that is sealed by now: nothing goes before that."""

    def __init__(
        self,
        recording_id: RecordingId,
        *,
        folder: Folder,
        media: Media,
        speakers_known: Callable[[], Awaitable[object]],
        settings: Settings,
    ) -> None:
        self._id, self._folder, self._media = recording_id, folder, media
        self._speakers_known = speakers_known
        self._at_once_max, self._retry_seconds = settings.uploads_at_once_max, settings.retry_seconds
        self._set_aside = SetAside(f"uploads {recording_id}")
        self.has_refused = False
        self._sealed = asyncio.Event()
        self.empty = asyncio.Event()

    def wake(self) -> None:
        """Something may have been sealed."""
        self._sealed.set()
        self.empty.clear()

    def worker(self) -> Worker:
        return Worker(
            f"uploads {self._id}", self._step, wait=self._wait, bound_seconds=math.inf, set_aside=self._set_aside
        )

    async def _step(self) -> None:
        self._sealed.clear()
        await self._upload()
        if not self._sealed.is_set() and not await self._folder.waiting():
            self.empty.set()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sealed.wait(), self._retry_seconds if len(self._set_aside) else None)

    async def _upload(self) -> None:
        while waiting := [one for one in await self._folder.waiting() if not self._set_aside.is_resting(one.id)]:
            await self._speakers_known()
            batch = waiting[: self._at_once_max]
            outcomes = await asyncio.gather(*(self._hand_over(each) for each in batch), return_exceptions=True)
            for outcome in outcomes:
                if outcome is not None:
                    raise outcome

    async def _hand_over(self, wanted: SegmentWanted) -> None:
        """A segment that cannot be handled is set aside by itself; the others go on."""
        with self._set_aside.handling(wanted.id), contextlib.suppress(FileNotFoundError):  # its speaker opted out
            await self._offer(wanted)

    async def _offer(self, wanted: SegmentWanted) -> None:
        try:
            reserved = await self._media.reserve(self._id, wanted)
            if reserved.state is not SegmentState.ACKNOWLEDGED:
                await self._media.put(reserved, await self._folder.read(wanted))
                acknowledged = await self._media.acknowledge(self._id, wanted)
                _check(acknowledged, wanted)
        except Refused as refused:
            if refused.code in AGAIN:
                raise Unavailable(str(refused)) from refused
            if refused.code != OPTED_OUT:
                # What was recorded is not the recorder's to throw away.
                await self._folder.refuse(Refusal(code=refused.code, detail=refused.detail, segment=wanted))
                log.warning("segment.refused", recording=str(self._id), segment=str(wanted.id), reason=str(refused))
                self.has_refused = True
                meters.segments.add(1, {"outcome": "refused"})
                return
        else:
            meters.segments.add(1, {"outcome": "acknowledged"})
        await self._folder.forget(wanted)


def _check(acknowledged: SegmentAcknowledged, wanted: SegmentWanted) -> None:
    if acknowledged.sha256 != wanted.sha256:
        raise Refused("segment_damaged", "media has other bytes")
