"""Panels follow their recordings: the newest state, at a bounded rate, through restarts and outages."""

import asyncio
from collections.abc import Callable

import structlog

from contracts.ids import RecordingId
from contracts.media import Recording
from contracts.problems import Unavailable
from control_bot.clients.renderer import Gone, PanelRenderer
from control_bot.domain.panel import Panel, panel_of
from control_bot.domain.recordings import RUNNING
from control_bot.store.panels import Panels, Shown
from streams import bus

log = structlog.get_logger()

AWAY = (*bus.OUTAGES, Unavailable)
NOWHERE = 0
"""The message id of a panel that cannot be shown."""


class PanelUpdater:
    """One task per recording that changes: it shows the newest state, then rests for `seconds_min`."""

    def __init__(
        self, panels: Panels, renderer: PanelRenderer, *, address_of: Callable[[RecordingId], str], seconds_min: float
    ) -> None:
        self._panels = panels
        self._renderer = renderer
        self._address_of = address_of
        self._seconds_min = seconds_min
        self._wanted: dict[RecordingId, Recording] = {}
        self._kept: set[RecordingId] = set()
        self._last: dict[RecordingId, Panel] = {}
        self._changed = asyncio.Event()

    def show(self, recording: Recording) -> None:
        """This is how it is now."""
        if recording.text_channel_id is not None:
            self._wanted[recording.id] = recording
            self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._changed.wait()
                self._changed.clear()
                for recording_id in self._wanted.keys() - self._kept:
                    self._kept.add(recording_id)
                    tasks.create_task(self._keep(recording_id))

    async def _keep(self, recording_id: RecordingId) -> None:
        while recording_id in self._wanted:
            recording = self._wanted.pop(recording_id)
            try:
                await self._update(recording, channel_id=int(recording.text_channel_id or NOWHERE))
            except AWAY as error:
                log.warning("panel.waiting", recording_id=str(recording_id), error=repr(error)[:300])
                self._wanted.setdefault(recording_id, recording)
            except Gone as error:
                log.info("panel.gone", recording_id=str(recording_id), error=str(error)[:300])
                await self._give_up(recording)
            await asyncio.sleep(self._seconds_min)
        self._kept.discard(recording_id)

    async def _update(self, recording: Recording, *, channel_id: int) -> None:
        language = self._renderer.language(recording.guild_id)
        panel = panel_of(recording, language=language, address=self._address_of(recording.id))
        if panel == self._last.get(recording.id):
            return
        shown = await self._panels.find(recording.id)
        if shown is None:
            await self._post(recording, panel, channel_id=channel_id)
        elif shown.message_id != NOWHERE:
            await self._renderer.edit(shown.channel_id, shown.message_id, panel)
        self._last[recording.id] = panel
        if recording.state not in RUNNING:
            del self._last[recording.id]

    async def _post(self, recording: Recording, panel: Panel, *, channel_id: int) -> None:
        if recording.state not in RUNNING or not await self._panels.claim(recording.id):
            return
        try:
            message_id = await self._renderer.post(channel_id, panel)
        except Unavailable:
            await self._panels.release(recording.id)
            raise
        await self._panels.keep(recording.id, Shown(channel_id, message_id))
        log.info("panel.posted", recording_id=str(recording.id), channel_id=channel_id)

    async def _give_up(self, recording: Recording) -> None:
        try:
            await self._panels.keep(recording.id, Shown(int(recording.text_channel_id or NOWHERE), NOWHERE))
        except bus.OUTAGES as error:
            log.warning("panel.forgotten", recording_id=str(recording.id), error=repr(error)[:300])
