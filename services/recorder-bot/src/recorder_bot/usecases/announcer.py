"""How the recorder shows itself to the people whom it records."""

import asyncio

import structlog

from contracts.media import Recording
from recorder_bot.clients.discord import BotAccount, CannotSpeak
from recorder_bot.domain import texts

MARKS = (texts.MARK_RECORDING, texts.MARK_PAUSED)

log = structlog.get_logger()


class Announcer:
    """Speaks in the configured channel, or else in the voice channel's own text; where that is not allowed, where the
    recording was asked for.
    """

    def __init__(
        self, identity: BotAccount, recording: Recording, *, before: str | None, announcement_channel_id: str
    ) -> None:
        self._identity, self._recording = identity, recording
        self._configured = announcement_channel_id
        self.nickname_before = before
        self._showing: asyncio.Task[None] | None = None

    async def announce(self, text: str, channel_id: str) -> bool:
        """Tell everybody, and mark the nickname; answers whether that was allowed. Raises CannotSpeak when nobody can
        be told."""
        await self._say(text, channel_id)
        return await self.mark(texts.MARK_RECORDING)

    def show(self, mark: str, text: str, channel_id: str) -> None:
        """In the background, one after the other: Discord may be slow, and the writing must not wait for it."""
        self._showing = asyncio.create_task(self._show(self._showing, mark, text, channel_id))

    async def close(self, text: str, channel_id: str) -> None:
        """The last words, and the old name."""
        if self._showing:
            await asyncio.wait([self._showing])
        await self.say(text, channel_id)
        await self._rename(self.nickname_before)

    async def withdraw(self) -> None:
        """Without a word; the account may be in use by another recorder, which has its own mark then."""
        if not self._identity.is_in_voice(self._recording.guild_id):
            await self._rename(self.nickname_before)

    async def _show(self, before: asyncio.Task[None] | None, mark: str, text: str, channel_id: str) -> None:
        if before:
            await asyncio.wait([before])
        if mark:
            await self.mark(mark)
        await self.say(text, channel_id)

    async def say(self, text: str, channel_id: str) -> None:
        """As far as Discord lets us."""
        try:
            await self._say(text, channel_id)
        except CannotSpeak as refused:
            log.info("discord.not_told", recording=str(self._recording.id), reason=str(refused))

    async def mark(self, mark: str) -> bool:
        name, nickname = self._identity.names(self._recording.guild_id)
        if not name.startswith(MARKS):
            self.nickname_before = nickname
        return await self._rename(texts.marked(mark, name))

    async def _say(self, text: str, channel_id: str) -> None:
        refused = CannotSpeak("there is no channel to speak in")
        for each in (self._configured or channel_id, self._recording.text_channel_id):
            if each:
                try:
                    return await self._identity.say(each, text)
                except CannotSpeak as failed:
                    refused = failed
        raise refused

    async def _rename(self, nickname: str | None) -> bool:
        try:
            await self._identity.rename(self._recording.guild_id, nickname)
        except CannotSpeak as refused:
            log.info("discord.not_renamed", recording=str(self._recording.id), reason=str(refused))
            return False
        return True
