"""The buttons of panels, and the form in which a note is written."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import hikari
import structlog

from contracts.ids import RecordingId
from contracts.media import Choice
from control_bot.clients.renderer import FAILURES
from control_bot.commands.dispatcher import Dispatcher, Handler
from control_bot.domain import operations, replies
from control_bot.domain.localized import language_of
from control_bot.domain.operations import NOTE_CHARS_MAX
from control_bot.domain.panel import Act, pressed
from control_bot.usecases import recording

log = structlog.get_logger()

TEXT: Final = "text"


def listen(bot: hikari.GatewayBot, dispatcher: Dispatcher) -> None:
    """Answer presses and forms that belong to panels; all others are left alone."""

    async def on_press(event: hikari.ComponentInteractionCreateEvent) -> None:
        meant = pressed(event.interaction.custom_id)
        if meant is None:
            return
        act, recording_id = meant
        if act is not Act.NOTE:
            await dispatcher.handle(event.interaction, _handler(act, recording_id))
        elif await dispatcher.is_ours(event.interaction):
            await _open_form(event.interaction)

    async def on_form(event: hikari.ModalInteractionCreateEvent) -> None:
        meant = pressed(event.interaction.custom_id)
        if meant is not None:
            handler = partial(recording.note, recording_id=meant[1])
            await dispatcher.handle(event.interaction, handler, options=_filled(event.interaction))

    bot.subscribe(hikari.ComponentInteractionCreateEvent, on_press)
    bot.subscribe(hikari.ModalInteractionCreateEvent, on_form)


def _handler(act: Act, recording_id: RecordingId) -> Handler:
    """What the button does; the recording is the panel's."""
    if act is Act.OPT_OUT:
        return partial(recording.choose, recording_id=recording_id, choice=Choice.OPTED_OUT)
    operation = {Act.STOP: operations.STOP, Act.PAUSE: operations.PAUSE, Act.RESUME: operations.RESUME}[act]
    return partial(recording.move, operation=operation, recording_id=recording_id)


async def _open_form(interaction: hikari.ComponentInteraction) -> None:
    """A form is an acknowledgement too; no service is needed for it."""
    language = language_of(str(interaction.locale))
    row = hikari.impl.ModalActionRowBuilder().add_text_input(
        TEXT,
        operations.NOTE.description.format(language),
        style=hikari.TextInputStyle.PARAGRAPH,
        min_length=1,
        max_length=NOTE_CHARS_MAX,
    )
    try:
        await interaction.create_modal_response(
            replies.NOTE_FORM.format(language), interaction.custom_id, components=[row]
        )
    except FAILURES as error:
        log.warning("interaction.missed", interaction_id=str(interaction.id), error=repr(error)[:300])


def _filled(interaction: hikari.ModalInteraction) -> Mapping[str, str]:
    return {component.custom_id: component.value for row in interaction.components for component in row}
