"""Tell media what happens, in order, each thing until it is answered; hear from it what to do."""

import asyncio
import contextlib
import math
from collections.abc import Callable

import structlog

from chassis.background import Worker
from contracts.media import ClaimWanted, Orders, Progressed, RecorderReport, Report
from recorder_bot.clients.media import Media, Refused
from recorder_bot.settings import Settings
from recorder_bot.usecases.report_queue import ReportQueue

LEASE_LOST = "lease_lost"
OVER = frozenset({"recording_over", "already_claimed", "identity_busy", "not_found"})
"""It is not ours any more, and will not be again."""

log = structlog.get_logger()


class Reporter:
    """Media may be away for as long as it likes. A lease that ran out meanwhile is claimed again; if somebody else has
    the recording by then, `lost` is set."""

    def __init__(
        self,
        reports: ReportQueue,
        *,
        media: Media,
        holder: str,
        progress: Callable[[], Progressed | None],
        obey: Callable[[Orders], None],
        settings: Settings,
    ) -> None:
        self.lost = asyncio.Event()
        self._reports, self._media, self._holder = reports, media, holder
        self._progress, self._obey = progress, obey
        self._progress_seconds = settings.progress_seconds
        self._id = reports.state.id

    def worker(self) -> Worker:
        """Once the recording is lost, media wants to hear nothing more of it."""
        return Worker(f"reports {self._id}", self._step, wait=self._wait, bound_seconds=math.inf)

    async def _step(self) -> None:
        self._reports.added.clear()
        if not self.lost.is_set():
            await self._catch_up()
        if self.lost.is_set():
            await self._reports.abandon()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._reports.added.wait(), self._progress_seconds)

    async def _catch_up(self) -> None:
        while self._reports.state.reports and not self.lost.is_set():
            report = self._reports.state.reports[0]
            await self._send(report)
            await self._reports.acknowledge(report)
        progress = self._progress()
        if progress:
            await self._send(progress)

    async def _send(self, report: Report) -> None:
        try:
            orders = await self._ask(report)
        except Refused as refused:
            if refused.code != LEASE_LOST:
                self._give_in(refused, report)
                return
            try:
                await self._claim_again()
                orders = await self._ask(report)
            except Refused as final:
                self._give_in(final, report)
                return
        self._obey(orders)

    async def _ask(self, report: Report) -> Orders:
        lease_id = self._reports.state.claimed.lease_id
        return await self._media.report(self._id, RecorderReport(lease_id=lease_id, report=report))

    async def _claim_again(self) -> None:
        wanted = ClaimWanted(identity=self._reports.state.identity, holder=self._holder)
        claimed = await self._media.claim(self._id, wanted)
        log.info("recording.claimed_again", recording=str(self._id))
        await self._reports.update(claimed=claimed)
        self._obey(claimed.orders)

    def _give_in(self, refused: Refused, report: Report) -> None:
        log.warning("report.refused", recording=str(self._id), report=type(report).__name__, code=refused.code)
        if refused.code in OVER:
            self.lost.set()
