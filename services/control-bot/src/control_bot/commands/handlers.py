"""Which use case each command is."""

from functools import partial
from typing import Final

from contracts.media import Choice
from control_bot.commands.dispatcher import Handler
from control_bot.domain import operations
from control_bot.domain.invocation import Invocation, Reply
from control_bot.domain.operations import Operation
from control_bot.usecases import belonging, recording
from control_bot.usecases.context import Context


async def move(context: Context, invocation: Invocation, operation: Operation) -> Reply:
    found = await recording.running(context, invocation)
    return await recording.move(context, invocation, operation=operation, recording_id=found.id)


async def note(context: Context, invocation: Invocation) -> Reply:
    found = await recording.running(context, invocation)
    return await recording.note(context, invocation, recording_id=found.id)


async def status(context: Context, invocation: Invocation) -> Reply:
    found = await recording.running(context, invocation)
    return await recording.status(context, invocation, recording_id=found.id)


async def consent(context: Context, invocation: Invocation) -> Reply:
    if invocation.options["choice"] == operations.ERASE:
        return await recording.erase(
            context, invocation, recording=await recording.running_or_newest(context, invocation)
        )
    whole_space = invocation.options.get("for") == "space"
    find = recording.running_or_newest if whole_space else recording.running
    found = await find(context, invocation)
    choice = Choice(invocation.options["choice"])
    return await recording.choose(context, invocation, recording_id=found.id, choice=choice, whole_space=whole_space)


HANDLERS: Final[dict[str, Handler]] = {
    operations.START.command: recording.start,
    operations.STOP.command: partial(move, operation=operations.STOP),
    operations.PAUSE.command: partial(move, operation=operations.PAUSE),
    operations.RESUME.command: partial(move, operation=operations.RESUME),
    operations.NOTE.command: note,
    operations.STATUS.command: status,
    operations.RECORDINGS.command: recording.show_list,
    operations.CONSENT.command: consent,
    operations.SPACE_LINK.command: belonging.link_space,
    operations.SPACE_STATUS.command: belonging.show_space,
    operations.LINK.command: belonging.link_account,
    operations.HELP.command: belonging.help_with,
}
