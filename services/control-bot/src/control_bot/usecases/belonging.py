"""What belongs to what: the server to a space, the Discord account to an account here; and help with all of it."""

from typing import Final
from uuid import UUID

from contracts.messaging import Space
from control_bot.domain import operations, refusals, replies
from control_bot.domain.asking import Asked, Person, Refusal, Reply
from control_bot.domain.operations import OPERATIONS
from control_bot.domain.recordings import plain
from control_bot.usecases.desk import Desk

LINK_PAGE: Final = "/api/v1/auth/discord/link"
"""Auth's: somebody signs in there, by cookie or password, and goes on to Discord."""


async def link_space(desk: Desk, asked: Asked) -> Reply:
    """Needs both sides: the right to manage the server, and the right to manage the space."""
    if asked.person.manages_guild != asked.guild_id:
        raise Refusal(refusals.MANAGERS_ONLY)
    space = await desk.services.perform(
        operations.SPACE_LINK,
        Space,
        person=asked.person,
        key=asked.id,
        space_id=await _meant(desk, asked),
        guild_id=asked.guild_id,
    )
    return Reply(replies.LINKED_SPACE.say(asked.language, name=plain(space.name)))


async def show_space(desk: Desk, asked: Asked) -> Reply:
    try:
        space = await desk.services.perform(
            operations.SPACE_STATUS, Space, person=asked.person, guild_id=asked.guild_id
        )
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return Reply(replies.NO_SPACE.say(asked.language))
    return Reply(replies.LINKED_SPACE.say(asked.language, name=plain(space.name)))


async def spaces_of(desk: Desk, person: Person) -> list[Space]:
    return await desk.services.perform(operations.SPACE_LIST, list[Space], person=person)


async def suggest_spaces(desk: Desk, person: Person) -> list[Space]:
    """As they were a moment ago, if that is known."""
    known = desk.suggestions.find(person.discord_id)
    if known is None:
        known = await spaces_of(desk, person)
        desk.suggestions.keep(person.discord_id, known)
    return known


async def link_account(desk: Desk, asked: Asked) -> Reply:
    """Only a browser can prove both accounts: the button leads there, and says which Discord account is meant."""
    label = replies.LINK_BUTTON.say(asked.language)
    address = desk.address(LINK_PAGE, discord_id=asked.person.discord_id)
    return Reply(replies.LINK_ACCOUNT.say(asked.language), link=(label, address))


async def help_with(_: Desk, asked: Asked) -> Reply:
    """Every command, and who may."""
    lines = (
        replies.HELP_LINE.say(asked.language, command=each.command, description=each.description, who=each.who.value)
        for each in OPERATIONS
    )
    return Reply("\n".join(lines))


async def _meant(desk: Desk, asked: Asked) -> UUID:
    """The option is an id when it was chosen, or a name when it was typed."""
    given = asked.options["space"]
    try:
        return UUID(given)
    except ValueError:
        named = [each for each in await spaces_of(desk, asked.person) if each.name.casefold() == given.casefold()]
    if len(named) != 1:
        raise Refusal(refusals.NO_SUCH_SPACE)
    return named[0].id
