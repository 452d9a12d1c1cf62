"""Turning what a person typed into the data of an interaction, by the command's registered definition."""

from collections.abc import Mapping
from typing import Any

from discord_sim import permissions, wire
from discord_sim.entities import Guild, Json, Member
from discord_sim.fields import many
from discord_sim.world import World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
PYTHON_TYPES: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}
CHAT_INPUT = 1


class CannotType(Exception):
    """Discord's own client would not let a person send this."""


def command_data(
    world: World,
    command: Json,
    *,
    path: list[str],
    given: Mapping[str, Any],
    guild_id: int | None,
    focused: str | None = None,
) -> Json:
    """The `data` of an interaction; with `focused`, of an autocomplete whose other options may be missing."""
    data: Json = {"id": command["id"], "name": command["name"], "type": command.get("type") or CHAT_INPUT}
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    options: list[Json] = []
    data["options"] = options
    definition = command
    for step in path:
        found = next((each for each in many(definition, "options") if each["name"] == step), None)
        if found is None or found["type"] not in {SUBCOMMAND, GROUP}:
            raise CannotType(f"/{command['name']} has no {step!r}")
        inner: list[Json] = []
        options.append({"name": step, "type": found["type"], "options": inner})
        options, definition = inner, found
    resolved: Json = {}
    options += _options(world, many(definition, "options"), given, guild_id=guild_id, focused=focused, into=resolved)
    return data | ({"resolved": resolved} if resolved else {})


def _options(
    world: World,
    definitions: list[Json],
    given: Mapping[str, Any],
    *,
    guild_id: int | None,
    focused: str | None,
    into: Json,
) -> list[Json]:
    known = {each["name"]: each for each in definitions}
    if any(each["type"] in {SUBCOMMAND, GROUP} for each in definitions):
        raise CannotType(f"One of {sorted(known)} has to be chosen")
    if strange := given.keys() - known.keys():
        raise CannotType(f"No such option: {', '.join(sorted(strange))}")
    options: list[Json] = []
    for name, definition in known.items():
        if name in given:
            value = _value(world, definition, given[name], guild_id=guild_id, into=into, free=name == focused)
            options.append({"name": name, "type": definition["type"], "value": value})
            if name == focused:
                options[-1]["focused"] = True
        elif definition.get("required") and focused is None:
            raise CannotType(f"Option {name} is required")
    return options


def _value(world: World, definition: Json, value: Any, *, guild_id: int | None, into: Json, free: bool) -> Any:
    kind, name = definition["type"], definition["name"]
    if free:
        return str(value)
    if kind in {USER, CHANNEL, ROLE, MENTIONABLE}:
        snowflake = int(getattr(value, "id", value))
        resolve(world, snowflake, guild_id=guild_id, into=into)
        return str(snowflake)
    wanted = PYTHON_TYPES.get(kind, object)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != BOOLEAN):
        raise CannotType(f"Option {name} does not take {value!r}")
    choices = many(definition, "choices")
    if choices and value not in {choice["value"] for choice in choices}:
        raise CannotType(f"{value!r} is not a choice of {name}")
    _check_bounds(definition, value)
    return value


def _check_bounds(definition: Json, value: Any) -> None:
    size = len(value) if isinstance(value, str) else value
    least, most = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    if definition.get(least) is not None and size < definition[least]:
        raise CannotType(f"Option {definition['name']} is below its {least}")
    if definition.get(most) is not None and size > definition[most]:
        raise CannotType(f"Option {definition['name']} is above its {most}")


def resolve(world: World, snowflake: int, *, guild_id: int | None, into: Json) -> None:
    """Tell the bot what the id stands for, as Discord does."""
    key = str(snowflake)
    guild = world.guilds.get(guild_id) if guild_id else None
    if snowflake in world.users:
        into.setdefault("users", {})[key] = wire.user(world.users[snowflake])
        if guild and snowflake in guild.members:
            into.setdefault("members", {})[key] = _resolved_member(guild, guild.members[snowflake])
    elif guild and snowflake in guild.roles:
        into.setdefault("roles", {})[key] = wire.role(guild.roles[snowflake])
    elif snowflake in world.channels:
        into.setdefault("channels", {})[key] = wire.channel(world.channels[snowflake]) | {"permissions": "0"}
    else:
        raise CannotType(f"Nobody and nothing here has the id {snowflake}")


def _resolved_member(guild: Guild, member: Member) -> Json:
    return wire.bare_member(member) | {"permissions": str(permissions.in_guild(guild, member=member))}
