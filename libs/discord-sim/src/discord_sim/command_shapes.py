"""What Discord demands of command definitions."""

import re
from collections import Counter

from discord_sim.entities import Json
from discord_sim.fields import inner, many
from discord_sim.refusals import Refusal, invalid_body

NAME = re.compile(r"^[-_'\w]{1,32}$")
SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, NUMBER = 3, 4, 10
OPTION_TYPES = range(1, 12)
GLOBAL_LIMIT = 100
LOCALES = frozenset(
    {"id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"}
    | {"ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"}
)
LIST = 25

Problems = dict[str, tuple[str, str]]


def check_all(commands: list[Json]) -> None:
    """Refuse the whole list if anything in it is wrong, pointing at each wrong field."""
    problems: Problems = {}
    for at, command in enumerate(commands):
        if (command.get("type") or 1) == 1:
            _check_texts(problems, str(at), written=command)
            _check_options(problems, f"{at}.options", options=many(command, "options"))
        elif not 1 <= len(command.get("name") or "") <= 32:
            problems[f"{at}.name"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    names = Counter((command.get("name"), command.get("type") or 1) for command in commands)
    for at, command in enumerate(commands):
        if names[(command.get("name"), command.get("type") or 1)] > 1:
            problems[f"{at}.name"] = (
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
    if problems:
        raise invalid_body(problems)
    if len(commands) > GLOBAL_LIMIT:
        raise Refusal(400, 30032, "Maximum number of application commands reached (100).")


def _check_texts(problems: Problems, path: str, *, written: Json) -> None:
    names = {"name": written.get("name"), **_localized(problems, path, written=written, field="name")}
    for field, name in names.items():
        if not isinstance(name, str) or not NAME.match(name) or name != name.lower():
            problems[f"{path}.{field}"] = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    texts = {
        "description": written.get("description"),
        **_localized(problems, path, written=written, field="description"),
    }
    for field, text in texts.items():
        if not isinstance(text, str) or not 1 <= len(text) <= 100:
            problems[f"{path}.{field}"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _localized(problems: Problems, path: str, *, written: Json, field: str) -> Json:
    texts = inner(written, f"{field}_localizations")
    for locale in texts.keys() - LOCALES:
        problems[f"{path}.{field}_localizations.{locale}"] = ("ENUM_TYPE_COERCE", f"{locale} is not a valid locale.")
    return {f"{field}_localizations.{locale}": text for locale, text in texts.items()}


def _check_options(problems: Problems, path: str, *, options: list[Json]) -> None:
    if len(options) > LIST:
        problems[path] = ("BASE_TYPE_BAD_LENGTH", f"Must be between 0 and {LIST} in length.")
    optional_seen = False
    for at, option in enumerate(options):
        here = f"{path}.{at}"
        _check_texts(problems, here, written=option)
        kind = option.get("type")
        if kind not in OPTION_TYPES:
            problems[f"{here}.type"] = ("BASE_TYPE_CHOICES", "Value must be one of {1..11}.")
        if option.get("required") and optional_seen:
            problems[here] = (
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or (kind not in {SUBCOMMAND, GROUP} and not option.get("required"))
        if len(many(option, "choices")) > LIST:
            problems[f"{here}.choices"] = ("BASE_TYPE_BAD_LENGTH", f"Must be between 0 and {LIST} in length.")
        if option.get("autocomplete") and (option.get("choices") or kind not in {STRING, INTEGER, NUMBER}):
            problems[f"{here}.autocomplete"] = (
                "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
                "Autocomplete is not possible here",
            )
        _check_options(problems, f"{here}.options", options=many(option, "options"))
    if len({option.get("name") for option in options}) < len(options):
        problems[path] = ("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
