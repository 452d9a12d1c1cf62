"""What belongs to what: the server to a space, the Discord account to an account here; and help with all of it."""

from typing import Final
from uuid import UUID

from contracts.messaging import Space
from control_bot.domain import operations, refusals, replies
from control_bot.domain.invocation import DiscordUser, Invocation, Refusal, Reply
from control_bot.domain.operations import OPERATIONS
from control_bot.domain.recordings import plain
from control_bot.usecases.context import Context

LINK_PAGE: Final = "/api/v1/auth/discord/link"
"""Auth's: somebody signs in there, by cookie or password, and goes on to Discord."""


async def link_space(context: Context, invocation: Invocation) -> Reply:
    """Needs both sides: the right to manage the server, and the right to manage the space."""
    if invocation.user.manages_guild != invocation.guild_id:
        raise Refusal(refusals.MANAGERS_ONLY)
    space = await context.services.perform(
        operations.SPACE_LINK,
        Space,
        user=invocation.user,
        key=invocation.id,
        space_id=await _meant(context, invocation),
        guild_id=invocation.guild_id,
    )
    return Reply(replies.LINKED_SPACE.format(invocation.language, name=plain(space.name)))


async def show_space(context: Context, invocation: Invocation) -> Reply:
    try:
        space = await context.services.perform(
            operations.SPACE_STATUS, Space, user=invocation.user, guild_id=invocation.guild_id
        )
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return Reply(replies.NO_SPACE.format(invocation.language))
    return Reply(replies.LINKED_SPACE.format(invocation.language, name=plain(space.name)))


async def spaces_of(context: Context, user: DiscordUser) -> list[Space]:
    return await context.services.perform(operations.SPACE_LIST, list[Space], user=user)


async def suggest_spaces(context: Context, user: DiscordUser) -> list[Space]:
    """As they were a moment ago, if that is known."""
    known = context.suggestions.find(user.discord_id)
    if known is None:
        known = await spaces_of(context, user)
        context.suggestions.keep(user.discord_id, known)
    return known


async def link_account(context: Context, invocation: Invocation) -> Reply:
    """Only a browser can prove both accounts: the button leads there, and says which Discord account is meant."""
    label = replies.LINK_BUTTON.format(invocation.language)
    address = context.address(LINK_PAGE, discord_id=invocation.user.discord_id)
    return Reply(replies.LINK_ACCOUNT.format(invocation.language), link=(label, address))


async def help_with(_: Context, invocation: Invocation) -> Reply:
    """Every command, and who may."""
    lines = (
        replies.HELP_LINE.format(
            invocation.language, command=each.command, description=each.description, who=each.who.value
        )
        for each in OPERATIONS
    )
    return Reply("\n".join(lines))


async def _meant(context: Context, invocation: Invocation) -> UUID:
    """The option is an id when it was chosen, or a name when it was typed."""
    given = invocation.options["space"]
    try:
        return UUID(given)
    except ValueError:
        named = [each for each in await spaces_of(context, invocation.user) if each.name.casefold() == given.casefold()]
    if len(named) != 1:
        raise Refusal(refusals.NO_SUCH_SPACE)
    return named[0].id
