"""Every interaction goes this way: acknowledged at once, done once, answered in words, whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import hikari
import structlog

from contracts.problems import Unavailable
from control_bot.clients.renderer import FAILURES
from control_bot.domain import refusals
from control_bot.domain.invocation import DiscordUser, Invocation, Refusal, Reply
from control_bot.domain.localized import language_of
from control_bot.store.leases import Leases
from control_bot.usecases.context import Context

log = structlog.get_logger()

Interaction = hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction
Handler = Callable[[Context, Invocation], Awaitable[Reply]]

MANAGING: Final = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR
ALREADY_ACKNOWLEDGED: Final = 40060
PANEL: Final = hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.SEND_MESSAGES | hikari.Permissions.EMBED_LINKS
CONTENT_CHARS_MAX: Final = 2000


class Dispatcher:
    """Everybody is acknowledged first: Discord waits for that three seconds, for the rest a quarter of an hour. Then so
    many at a time are attended to; the others wait their turn."""

    def __init__(self, bot: hikari.GatewayBot, context: Context, leases: Leases) -> None:
        self._bot = bot
        self.context = context
        self._leases = leases
        self._seen: dict[int, None] = {}
        self._room = asyncio.Semaphore(context.settings.commands_at_once_max)
        self._arriving = 0
        self._all_acknowledged = asyncio.Event()

    async def is_ours(self, interaction: hikari.PartialInteraction) -> bool:
        """False for what Discord repeats, and for what another copy of the bot has taken."""
        return self._is_new(interaction) and await self._leases.take(interaction.id)

    def _is_new(self, interaction: hikari.PartialInteraction) -> bool:
        new = interaction.id not in self._seen
        self._seen[interaction.id] = None
        if len(self._seen) > self.context.settings.interactions_remembered_max:
            del self._seen[next(iter(self._seen))]
        return new

    async def handle(
        self, interaction: Interaction, handler: Handler, *, options: Mapping[str, str] | None = None
    ) -> None:
        """Acknowledge, then do it, then say how it went; only the person who asked reads that."""
        self._arriving += 1
        self._all_acknowledged.clear()
        try:
            goes_on = await self.is_ours(interaction) and await _acknowledge(interaction)
        finally:
            self._arriving -= 1
            if not self._arriving:
                self._all_acknowledged.set()
        if not goes_on:
            return
        invocation = self.invocation(interaction, options or {})
        async with self._room:
            await self._let_others_arrive()
            reply = await self._outcome(invocation, handler)
        try:
            await interaction.edit_initial_response(reply.text[:CONTENT_CHARS_MAX], components=_buttons(reply))
        except FAILURES as error:
            log.warning("answer.lost", interaction_id=invocation.id, error=repr(error)[:300])

    def invocation(
        self, interaction: Interaction | hikari.AutocompleteInteraction, options: Mapping[str, str]
    ) -> Invocation:
        guild_id = "" if interaction.guild_id is None else str(interaction.guild_id)
        manages = interaction.member is not None and bool(interaction.member.permissions & MANAGING)
        return Invocation(
            id=str(interaction.id),
            user=DiscordUser(discord_id=str(interaction.user.id), manages_guild=guild_id if manages else None),
            guild_id=guild_id,
            text_channel_id=str(interaction.channel_id),
            voice_channel_id=self._voice_channel(interaction),
            language=language_of(str(interaction.locale)),
            options=options,
            may_post_panel=_may_post_panel(interaction),
        )

    async def _let_others_arrive(self) -> None:
        """Not for ever: when they never stop coming, there is work to be done as well."""
        try:
            async with asyncio.timeout(self.context.settings.arrivals_seconds_max):
                await self._all_acknowledged.wait()
        except TimeoutError:
            log.info("reception.crowded", arriving=self._arriving)

    async def _outcome(self, invocation: Invocation, handler: Handler) -> Reply:
        if not invocation.guild_id:
            return Reply(refusals.NOT_IN_A_SERVER.format(invocation.language))
        try:
            async with asyncio.timeout(self.context.settings.answer_seconds_max):
                return await handler(self.context, invocation)
        except Refusal as refusal:
            return Reply(refusal.words.format(invocation.language, **refusal.values))
        except (Unavailable, TimeoutError) as error:
            log.warning("command.failed", interaction_id=invocation.id, error=repr(error)[:300])
            return Reply(refusals.AWAY.format(invocation.language))
        except Exception:
            log.exception("command.broken", interaction_id=invocation.id)
            return Reply(refusals.BROKEN.format(invocation.language, reference=invocation.id))

    def _voice_channel(self, interaction: Interaction | hikari.AutocompleteInteraction) -> str | None:
        if interaction.guild_id is None:
            return None
        state = self._bot.cache.get_voice_state(interaction.guild_id, interaction.user.id)
        return None if state is None or state.channel_id is None else str(state.channel_id)


def _may_post_panel(interaction: Interaction | hikari.AutocompleteInteraction) -> bool:
    """By the bot's permissions in the channel, which Discord sends with each interaction."""
    granted = interaction.app_permissions
    return granted is None or bool(granted & hikari.Permissions.ADMINISTRATOR) or granted & PANEL == PANEL


async def _acknowledge(interaction: Interaction) -> bool:
    """Whether it makes sense to go on. "Acknowledged already" means by us: the answer to that was lost."""
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
