"""Every interaction goes this way: acknowledged at once, done once, answered in words, whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import hikari
import structlog

from contracts.problems import Unavailable
from control_bot.clients.screen import FAILURES
from control_bot.domain import refusals
from control_bot.domain.asking import Asked, Person, Refusal, Reply
from control_bot.domain.words import language_of
from control_bot.usecases.desk import Desk

log = structlog.get_logger()

Interaction = hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction
Handler = Callable[[Desk, Asked], Awaitable[Reply]]

MANAGING: Final = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR
ALREADY_ACKNOWLEDGED: Final = 40060
CONTENT_CHARS_MAX: Final = 2000


class Reception:
    """Discord repeats interactions now and then: those seen before are left alone."""

    def __init__(self, bot: hikari.GatewayBot, desk: Desk) -> None:
        self._bot = bot
        self.desk = desk
        self._seen: dict[int, None] = {}

    def is_new(self, interaction: hikari.PartialInteraction) -> bool:
        """False for a repeat. After a restart the key of the call keeps it from having its effect twice."""
        new = interaction.id not in self._seen
        self._seen[interaction.id] = None
        if len(self._seen) > self.desk.settings.interactions_remembered_max:
            del self._seen[next(iter(self._seen))]
        return new

    async def attend(
        self, interaction: Interaction, handler: Handler, *, options: Mapping[str, str] | None = None
    ) -> None:
        """Acknowledge, then do it, then say how it went; only the person who asked reads that."""
        if not self.is_new(interaction) or not await _acknowledge(interaction):
            return
        asked = self.asked(interaction, options or {})
        reply = await self._outcome(asked, handler)
        try:
            await interaction.edit_initial_response(reply.text[:CONTENT_CHARS_MAX], components=_buttons(reply))
        except FAILURES as error:
            log.warning("answer.lost", interaction_id=asked.id, error=repr(error)[:300])

    def asked(self, interaction: Interaction | hikari.AutocompleteInteraction, options: Mapping[str, str]) -> Asked:
        guild_id = "" if interaction.guild_id is None else str(interaction.guild_id)
        manages = interaction.member is not None and bool(interaction.member.permissions & MANAGING)
        return Asked(
            id=str(interaction.id),
            person=Person(discord_id=str(interaction.user.id), manages_guild=guild_id if manages else None),
            guild_id=guild_id,
            text_channel_id=str(interaction.channel_id),
            voice_channel_id=self._voice_channel(interaction),
            language=language_of(str(interaction.locale)),
            options=options,
        )

    async def _outcome(self, asked: Asked, handler: Handler) -> Reply:
        if not asked.guild_id:
            return Reply(refusals.NOT_IN_A_SERVER.say(asked.language))
        try:
            async with asyncio.timeout(self.desk.settings.answer_seconds_max):
                return await handler(self.desk, asked)
        except Refusal as refusal:
            return Reply(refusal.words.say(asked.language, **refusal.values))
        except (Unavailable, TimeoutError) as error:
            log.warning("command.failed", interaction_id=asked.id, error=repr(error)[:300])
            return Reply(refusals.AWAY.say(asked.language))
        except Exception:
            log.exception("command.broken", interaction_id=asked.id)
            return Reply(refusals.BROKEN.say(asked.language, reference=asked.id))

    def _voice_channel(self, interaction: Interaction | hikari.AutocompleteInteraction) -> str | None:
        if interaction.guild_id is None:
            return None
        state = self._bot.cache.get_voice_state(interaction.guild_id, interaction.user.id)
        return None if state is None or state.channel_id is None else str(state.channel_id)


async def _acknowledge(interaction: Interaction) -> bool:
    """Whether it makes sense to go on. What was acknowledged by a process that has died since is done by this one."""
    try:
        await interaction.create_initial_response(
            hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=hikari.MessageFlag.EPHEMERAL
        )
    except FAILURES as error:
        if isinstance(error, hikari.BadRequestError) and error.code == ALREADY_ACKNOWLEDGED:
            return True
        log.warning("interaction.missed", interaction_id=str(interaction.id), error=repr(error)[:300])
        return False
    return True


def _buttons(reply: Reply) -> list[hikari.api.MessageActionRowBuilder]:
    if reply.link is None:
        return []
    label, address = reply.link
    return [hikari.impl.MessageActionRowBuilder().add_link_button(address, label=label)]
