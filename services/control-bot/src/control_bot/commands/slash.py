"""Slash commands, made from the operations: names, options, bounds and both languages."""

import asyncio
import types
from collections.abc import Mapping
from typing import Any, Final

import hikari
import lightbulb
import structlog

from contracts.problems import Unavailable
from control_bot.commands.dispatcher import Dispatcher, Handler
from control_bot.domain.invocation import Refusal
from control_bot.domain.localized import LocalizedText
from control_bot.domain.operations import GROUPS, OPERATIONS, Operation, Option, OptionType
from control_bot.usecases.belonging import suggest_spaces

log = structlog.get_logger()

CHOICES_MAX: Final = 25
NAME_CHARS_MAX: Final = 100
VOICE: Final = [hikari.ChannelType.GUILD_VOICE, hikari.ChannelType.GUILD_STAGE]


def register(client: lightbulb.Client, dispatcher: Dispatcher, handlers: Mapping[str, Handler]) -> None:
    """Every operation, under its name; those of two words stand in a group."""
    groups: dict[str, lightbulb.Group] = {}
    for operation in OPERATIONS:
        command = _command(operation, dispatcher, handlers[operation.command])
        first, _, second = operation.command.partition(" ")
        if not second:
            client.register(command)
            continue
        if first not in groups:
            groups[first] = lightbulb.Group(
                _key(first, "name"),
                _key(first, "description"),
                localize=True,
                contexts=[hikari.ApplicationContextType.GUILD],
            )
            client.register(groups[first])
        groups[first].register(command)


def localizations() -> dict[hikari.Locale, dict[str, str]]:
    """Commands have one name in every language, so that people can tell each other what to type."""
    texts: dict[str, LocalizedText] = {}
    for name, description in GROUPS.items():
        texts |= {_key(name, "name"): LocalizedText(name, name), _key(name, "description"): description}
    for operation in OPERATIONS:
        name = operation.command.rpartition(" ")[2]
        texts[_key(operation.command, "name")] = LocalizedText(name, name)
        texts[_key(operation.command, "description")] = operation.description
        for option in operation.options:
            texts[_key(operation.command, option.name.en, "name")] = option.name
            texts[_key(operation.command, option.name.en, "description")] = option.description
            for value, words in option.choices.items():
                texts[_key(operation.command, option.name.en, value)] = words
    return {
        hikari.Locale.EN_US: {key: words.en for key, words in texts.items()},
        hikari.Locale.DE: {key: words.de for key, words in texts.items()},
    }


def _key(*parts: str) -> str:
    return ":".join(parts)


def _command(operation: Operation, dispatcher: Dispatcher, handler: Handler) -> type[lightbulb.SlashCommand]:
    async def invoke(_: lightbulb.SlashCommand, context: lightbulb.Context) -> None:
        options = {option.name: str(option.value) for option in context.options}
        await dispatcher.handle(context.interaction, handler, options=options)

    body: dict[str, Any] = {"invoke": lightbulb.invoke(invoke)}
    body |= {option.name.en: _option(operation, option, dispatcher) for option in operation.options}
    about = {
        "name": _key(operation.command, "name"),
        "description": _key(operation.command, "description"),
        "localize": True,
        "contexts": [hikari.ApplicationContextType.GUILD],
    }
    name = operation.command.title().replace(" ", "")
    return types.new_class(name, (lightbulb.SlashCommand,), about, lambda namespace: namespace.update(body))


def _option(operation: Operation, option: Option, dispatcher: Dispatcher) -> Any:
    name = _key(operation.command, option.name.en, "name")
    description = _key(operation.command, option.name.en, "description")
    given: dict[str, Any] = {"localize": True} | ({} if option.required else {"default": None})
    if option.takes is OptionType.VOICE_CHANNEL:
        return lightbulb.channel(name, description, channel_types=VOICE, **given)
    if option.takes is OptionType.SPACE:
        return lightbulb.string(name, description, autocomplete=_suggest_spaces(dispatcher), **given)
    if option.takes is OptionType.CHOICE:
        given["choices"] = [
            lightbulb.Choice(_key(operation.command, option.name.en, value), value, localize=True)
            for value in option.choices
        ]
    if option.chars_max is not None:
        given["max_length"] = option.chars_max
    return lightbulb.string(name, description, **given)


def _suggest_spaces(dispatcher: Dispatcher) -> Any:
    async def suggest(context: lightbulb.AutocompleteContext[str]) -> None:
        """The person's own; nothing when they cannot be had in time."""
        if not await dispatcher.is_ours(context.interaction):
            return
        typed = str(context.focused.value or "").casefold()
        invocation = dispatcher.invocation(context.interaction, {})
        try:
            async with asyncio.timeout(dispatcher.context.settings.suggest_seconds_max):
                spaces = await suggest_spaces(dispatcher.context, invocation.user)
        except (Refusal, Unavailable, TimeoutError) as error:
            log.info("spaces.not_suggested", error=repr(error)[:300])
            spaces = []
        fitting = [each for each in spaces if typed in each.name.casefold()][:CHOICES_MAX]
        await context.respond([(each.name[:NAME_CHARS_MAX], str(each.id)) for each in fitting])

    return suggest
