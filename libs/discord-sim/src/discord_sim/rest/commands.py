"""Registered application commands, global and per guild."""

from discord_sim import command_shapes
from discord_sim.entities import Json
from discord_sim.fields import a_list, an_object
from discord_sim.refusals import Refusal, unknown
from discord_sim.rest.routing import Answer, Call, Routes

routes = Routes()

GLOBAL = "/applications/{application}/commands"
GUILD = "/applications/{application}/guilds/{guild}/commands"
LOCALIZATIONS = ("name_localizations", "description_localizations")


@routes(f"GET {GLOBAL}")
@routes(f"GET {GUILD}")
def commands(call: Call) -> Answer:
    """Without `with_localizations` Discord leaves the translations out."""
    found = _registered(call)
    if call.wants("with_localizations"):
        return found
    return [{name: value for name, value in each.items() if name not in LOCALIZATIONS} for each in found]


@routes(f"PUT {GLOBAL}")
@routes(f"PUT {GUILD}")
def replace(call: Call) -> Answer:
    written = [an_object(each) for each in a_list(call.body)]
    command_shapes.check_all(written)
    known = {_key(each): each for each in _registered(call)}
    return _store(call, [_kept(call, each, known=known.get(_key(each))) for each in written])


@routes(f"POST {GLOBAL}", status=201)
@routes(f"POST {GUILD}", status=201)
def upsert(call: Call) -> Json:
    others = [each for each in _registered(call) if _key(each) != _key(call.fields)]
    known = next((each for each in _registered(call) if _key(each) == _key(call.fields)), None)
    command_shapes.check_all([*others, call.fields])
    added = _kept(call, call.fields, known=known)
    _store(call, [*others, added])
    return added


@routes(f"PATCH {GLOBAL}/{{command}}")
@routes(f"PATCH {GUILD}/{{command}}")
def change(call: Call) -> Json:
    known = _one(call)
    others = [each for each in _registered(call) if each is not known]
    written = known | call.fields
    command_shapes.check_all([*others, written])
    changed = _kept(call, written, known=known)
    _store(call, [*others, changed])
    return changed


@routes(f"GET {GLOBAL}/{{command}}")
@routes(f"GET {GUILD}/{{command}}")
def command(call: Call) -> Json:
    return _one(call)


@routes(f"DELETE {GLOBAL}/{{command}}", status=204)
@routes(f"DELETE {GUILD}/{{command}}", status=204)
def remove(call: Call) -> None:
    known = _one(call)
    _store(call, [each for each in _registered(call) if each is not known])


def _registered(call: Call) -> list[Json]:
    if call.id("application") != call.application.id:
        raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
    return call.application.commands.get(_guild_id(call), [])


def _guild_id(call: Call) -> int | None:
    return call.id("guild") if "guild" in call.path else None


def _store(call: Call, commands: list[Json]) -> list[Json]:
    call.world.register_commands(call.application, guild_id=_guild_id(call), commands=commands)
    return commands


def _one(call: Call) -> Json:
    wanted = call.path["command"]
    found = next((each for each in _registered(call) if each["id"] == wanted), None)
    if found is None:
        raise unknown("application command")
    return found


def _key(command: Json) -> tuple[str, int]:
    return command["name"], command.get("type") or 1


def _kept(call: Call, written: Json, *, known: Json | None) -> Json:
    """The command as Discord keeps it: a changed one has a new version, an unchanged one is the same as before."""
    guild_id = _guild_id(call)
    kept: Json = {
        "id": known["id"] if known else str(call.world.snowflakes.new()),
        "application_id": str(call.application.id),
        "type": written.get("type") or 1,
        "name": written["name"],
        "description": written.get("description") or "",
        "name_localizations": written.get("name_localizations"),
        "description_localizations": written.get("description_localizations"),
        "options": written.get("options") or [],
        "default_member_permissions": written.get("default_member_permissions"),
        "dm_permission": written.get("dm_permission", True),
        "nsfw": bool(written.get("nsfw")),
        "integration_types": written.get("integration_types") or [0],
        "contexts": written.get("contexts"),
    }
    if guild_id is not None:
        kept["guild_id"] = str(guild_id)
    if known and {name: value for name, value in known.items() if name != "version"} == kept:
        return known
    return kept | {"version": str(call.world.snowflakes.new())}
