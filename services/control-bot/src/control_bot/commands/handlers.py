"""Which use case each command is."""

from functools import partial
from typing import Final

from contracts.media import Choice
from control_bot.commands.reception import Handler
from control_bot.domain import operations
from control_bot.domain.asking import Asked, Reply
from control_bot.domain.operations import Operation
from control_bot.usecases import belonging, recording
from control_bot.usecases.desk import Desk


async def move(desk: Desk, asked: Asked, operation: Operation) -> Reply:
    found = await recording.running(desk, asked)
    return await recording.move(desk, asked, operation=operation, recording_id=found.id)


async def note(desk: Desk, asked: Asked) -> Reply:
    found = await recording.running(desk, asked)
    return await recording.note(desk, asked, recording_id=found.id)


async def status(desk: Desk, asked: Asked) -> Reply:
    found = await recording.running(desk, asked)
    return await recording.status(desk, asked, recording_id=found.id)


async def consent(desk: Desk, asked: Asked) -> Reply:
    if asked.options["choice"] == operations.ERASE:
        return await recording.erase(desk, asked, recording=await recording.running_or_newest(desk, asked))
    whole_space = asked.options.get("for") == "space"
    find = recording.running_or_newest if whole_space else recording.running
    found = await find(desk, asked)
    choice = Choice(asked.options["choice"])
    return await recording.choose(desk, asked, recording_id=found.id, choice=choice, whole_space=whole_space)


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
