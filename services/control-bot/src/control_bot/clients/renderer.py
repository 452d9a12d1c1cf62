"""Panels as messages in Discord."""

import asyncio
from typing import Final

import hikari

from contracts.problems import Unavailable
from control_bot.domain.localized import Language, language_of
from control_bot.domain.panel import Act, Panel

_DANGER: Final = hikari.ButtonStyle.DANGER
_SECONDARY: Final = hikari.ButtonStyle.SECONDARY

FAILURES: Final = (hikari.HikariError, OSError, asyncio.TimeoutError)
"""What a request to Discord may raise."""


class Gone(Exception):
    """The channel or the message is no longer there, or not for this bot."""


class PanelRenderer:
    """Raises Gone, or Unavailable when it may be tried again."""

    def __init__(self, bot: hikari.GatewayBot) -> None:
        self._bot = bot

    def language(self, guild_id: str) -> Language:
        """The one that the server prefers."""
        guild = self._bot.cache.get_guild(int(guild_id))
        return language_of(str(guild.preferred_locale)) if guild else Language.ENGLISH

    async def post(self, channel_id: int, panel: Panel) -> int:
        """The new message's id."""
        try:
            message = await self._bot.rest.create_message(channel_id, embed=_embed(panel), components=_rows(panel))
        except FAILURES as error:
            raise _meant(error) from None
        return int(message.id)

    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None:
        try:
            await self._bot.rest.edit_message(channel_id, message_id, embed=_embed(panel), components=_rows(panel))
        except FAILURES as error:
            raise _meant(error) from None


def _meant(error: Exception) -> Exception:
    if isinstance(error, hikari.ForbiddenError | hikari.NotFoundError | hikari.BadRequestError):
        return Gone(str(error))
    return Unavailable(f"Discord does not answer: {type(error).__name__}")


def _embed(panel: Panel) -> hikari.Embed:
    embed = hikari.Embed(title=panel.title, colour=panel.colour)
    for name, value in panel.fields:
        embed.add_field(name, value, inline=True)
    return embed


def _rows(panel: Panel) -> list[hikari.api.MessageActionRowBuilder]:
    row = hikari.impl.MessageActionRowBuilder()
    for button in panel.buttons:
        style = _DANGER if button.act is Act.STOP else _SECONDARY
        row.add_interactive_button(style, button.custom_id, label=button.label, is_disabled=not button.enabled)
    if panel.link is not None:
        label, address = panel.link
        row.add_link_button(address, label=label)
    return [row] if row.components else []
