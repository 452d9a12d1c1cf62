"""What is known of a recording, in memory and in the spool alike, and the reports that media has not answered yet."""

import asyncio
from typing import Any

import msgspec
import structlog

from contracts.media import Report
from recorder_bot.domain.state import SessionState
from recorder_bot.store.spool import Folder

log = structlog.get_logger()


class ReportQueue:
    """`empty` is set while media has answered every report; `added` when there is a new one."""

    def __init__(self, folder: Folder, state: SessionState) -> None:
        self.state = state
        self.added = asyncio.Event()
        self.empty = asyncio.Event()
        self._folder = folder
        self._wanted = True
        self._saved = True
        self._signal()

    async def update(self, **changes: Any) -> None:
        """Change some fields of the session state; on disk when it returns, or when the disk takes it again."""
        self.state = msgspec.structs.replace(self.state, **changes)
        self._signal()
        self._saved = False
        await self.save()

    async def save(self) -> None:
        """Unless it is on disk as it is."""
        if self._saved:
            return
        state = self.state
        try:
            await self._folder.save(state)
        except OSError as failed:
            log.warning("state.not_saved", recording=str(state.id), error=str(failed))
        else:
            self._saved = state is self.state

    async def add(self, *reports: Report, **changes: Any) -> None:
        """Add reports, together with what changes by them."""
        if reports or changes:
            await self.update(reports=self.state.reports + reports if self._wanted else (), **changes)
            self.added.set()

    async def abandon(self) -> None:
        """Media wants to hear nothing more of this recording from us."""
        if self._wanted:
            self._wanted = False
            await self.update(reports=())

    async def acknowledge(self, report: Report) -> None:
        """The oldest report has had its effect."""
        if self.state.reports and self.state.reports[0] is report:
            await self.update(reports=self.state.reports[1:])

    def _signal(self) -> None:
        if self.state.reports:
            self.empty.clear()
        else:
            self.empty.set()
