"""What is known of a recording, in memory and in the spool alike, and what media is still to be told."""

import asyncio
from typing import Any

import msgspec

from contracts.media import Report
from recorder_bot.domain.underway import Underway
from recorder_bot.store.spool import Folder


class Logbook:
    """`quiet` is set while media has answered everything; `told` when there is something new to tell."""

    def __init__(self, folder: Folder, underway: Underway) -> None:
        self.underway = underway
        self.told = asyncio.Event()
        self.quiet = asyncio.Event()
        self._folder = folder
        self._heeded = True
        self._signal()

    async def note(self, **changes: Any) -> None:
        """Change some fields of what is under way; on disk when it returns."""
        self.underway = msgspec.structs.replace(self.underway, **changes)
        self._signal()
        await self._folder.save(self.underway)

    async def tell(self, *reports: Report, **changes: Any) -> None:
        """Remember to tell this, together with what changes by it."""
        if reports or changes:
            await self.note(reports=self.underway.reports + reports if self._heeded else (), **changes)
            self.told.set()

    async def abandon(self) -> None:
        """Media wants to hear nothing more of this recording from us."""
        self._heeded = False
        await self.note(reports=())

    async def answered(self, report: Report) -> None:
        """The oldest report has had its effect."""
        if self.underway.reports and self.underway.reports[0] is report:
            await self.note(reports=self.underway.reports[1:])

    def _signal(self) -> None:
        if self.underway.reports:
            self.quiet.clear()
        else:
            self.quiet.set()
