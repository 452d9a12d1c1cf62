"""Guilds and what stands in them: channels, roles, members, and their voice states."""

from discord_sim import wire
from discord_sim.changes import TypingStarted
from discord_sim.entities import ChannelKind, Guild, Json, Member, Overwrite, Permission
from discord_sim.fields import a_list, many
from discord_sim.refusals import Refusal, invalid_body, unknown
from discord_sim.rest.routing import Answer, Call, Routes

routes = Routes()


@routes("GET /guilds/{guild}")
def guild(call: Call) -> Json:
    found = call.guild()
    counts = {"approximate_member_count": len(found.members), "approximate_presence_count": len(found.members)}
    return wire.guild(found) | (counts if call.wants("with_counts") else {})


@routes("GET /guilds/{guild}/channels")
def guild_channels(call: Call) -> Answer:
    return [wire.channel(each) for each in call.guild().channels.values()]


@routes("POST /guilds/{guild}/channels", status=201)
def add_channel(call: Call) -> Json:
    found = call.guild(Permission.MANAGE_CHANNELS)
    name = call.fields.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        raise invalid_body({"name": ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")})
    added = call.world.add_channel(
        found.id,
        name=name,
        kind=ChannelKind(call.fields.get("type", 0)),
        topic=call.fields.get("topic"),
        overwrites=_overwrites(many(call.fields, "permission_overwrites")),
    )
    return wire.channel(added)


@routes("GET /channels/{channel}")
def channel(call: Call) -> Json:
    return wire.channel(call.channel())


@routes("PATCH /channels/{channel}")
def change_channel(call: Call) -> Json:
    found = call.channel(Permission.MANAGE_CHANNELS)
    found.name = call.fields.get("name", found.name)
    found.topic = call.fields.get("topic", found.topic)
    found.user_limit = call.fields.get("user_limit", found.user_limit)
    if "permission_overwrites" in call.fields:
        found.overwrites = _overwrites(many(call.fields, "permission_overwrites"))
    call.world.change_channel(found)
    return wire.channel(found)


@routes("DELETE /channels/{channel}")
def remove_channel(call: Call) -> Json:
    found = call.channel(Permission.MANAGE_CHANNELS)
    call.world.remove_channel(found.id)
    return wire.channel(found)


@routes("POST /channels/{channel}/typing", status=204)
def typing(call: Call) -> None:
    call.world.announce(TypingStarted(call.channel(Permission.SEND_MESSAGES), call.me))


@routes("GET /guilds/{guild}/roles")
def roles(call: Call) -> Answer:
    return [wire.role(each) for each in call.guild().roles.values()]


@routes("GET /guilds/{guild}/members")
def members(call: Call) -> Answer:
    limit = call.number("limit", default=1, least=1, most=1000)
    after = int(call.query.get("after", "0"))
    found = sorted(user_id for user_id in call.guild().members if user_id > after)
    return [wire.member(call.guild().members[user_id]) for user_id in found[:limit]]


@routes("GET /guilds/{guild}/members/search")
def search_members(call: Call) -> Answer:
    limit = call.number("limit", default=1, least=1, most=1000)
    return [wire.member(each) for each in call.guild().named(call.query.get("query", ""))[:limit]]


@routes("GET /guilds/{guild}/members/{user}")
def member(call: Call) -> Json:
    return wire.member(call.world.member(call.guild().id, user_id=call.id("user")))


@routes("PATCH /guilds/{guild}/members/@me")
@routes("PATCH /guilds/{guild}/members/@me/nick")
def rename_me(call: Call) -> Json:
    guild_id = call.guild(Permission.CHANGE_NICKNAME).id
    return _rename(call, call.world.member(guild_id, user_id=call.me.id))


@routes("PATCH /guilds/{guild}/members/{user}")
def change_member(call: Call) -> Json:
    """Nickname, roles, and in voice: mute, deafen, move, disconnect."""
    guild, user_id = call.guild(), call.id("user")
    found = call.world.member(guild.id, user_id=user_id)
    if "nick" in call.fields:
        call.guild(Permission.CHANGE_NICKNAME if user_id == call.me.id else Permission.MANAGE_NICKNAMES)
        _rename(call, found)
    if "roles" in call.fields:
        call.guild(Permission.MANAGE_ROLES)
        found.roles = [_role_id(guild, value) for value in a_list(call.fields["roles"])]
        call.world.change_member(found)
    if "mute" in call.fields or "deaf" in call.fields:
        call.guild(Permission.MUTE_MEMBERS)
        mute, deaf = call.fields.get("mute", found.mute), call.fields.get("deaf", found.deaf)
        call.world.silence(guild.id, user_id=user_id, mute=mute, deaf=deaf)
    if "channel_id" in call.fields:
        call.guild(Permission.MOVE_MEMBERS)
        _move(call, guild.id, user_id=user_id)
    return wire.member(found)


@routes("DELETE /guilds/{guild}/members/{user}", status=204)
def kick(call: Call) -> None:
    guild_id = call.guild(Permission.KICK_MEMBERS).id
    call.world.leave_guild(guild_id, user_id=call.id("user"))


@routes("PUT /guilds/{guild}/members/{user}/roles/{role}", status=204)
def give_role(call: Call) -> None:
    guild = call.guild(Permission.MANAGE_ROLES)
    found = call.world.member(guild.id, user_id=call.id("user"))
    role_id = _role_id(guild, call.path["role"])
    if role_id not in found.roles:
        found.roles.append(role_id)
        call.world.change_member(found)


@routes("DELETE /guilds/{guild}/members/{user}/roles/{role}", status=204)
def take_role(call: Call) -> None:
    guild = call.guild(Permission.MANAGE_ROLES)
    found = call.world.member(guild.id, user_id=call.id("user"))
    role_id = _role_id(guild, call.path["role"])
    if role_id in found.roles:
        found.roles.remove(role_id)
        call.world.change_member(found)


@routes("GET /guilds/{guild}/voice-states/{user}")
def voice_state(call: Call) -> Json:
    guild_id = call.guild().id
    user_id = call.me.id if call.path["user"] == "@me" else call.id("user")
    state = call.world.voice_states.get((guild_id, user_id))
    if state is None:
        raise Refusal(404, 10065, "Unknown Voice State")
    return wire.voice_state(state, world=call.world)


def _rename(call: Call, found: Member) -> Json:
    nick = call.fields.get("nick") or None
    if nick is not None and len(nick) > 32:
        raise invalid_body({"nick": ("BASE_TYPE_BAD_LENGTH", "Must be between 0 and 32 in length.")})
    found.nick = nick
    call.world.change_member(found)
    return wire.member(found)


def _move(call: Call, guild_id: int, *, user_id: int) -> None:
    if (guild_id, user_id) not in call.world.voice_states:
        raise Refusal(400, 40032, "Target user is not connected to voice.")
    target = call.fields["channel_id"]
    if target is None:
        call.world.leave_voice(guild_id, user_id=user_id)
        return
    if call.world.channel(int(target)).kind not in {ChannelKind.VOICE, ChannelKind.STAGE}:
        raise invalid_body({"channel_id": ("CHANNEL_TYPE_INVALID", "Must be a voice channel.")})
    call.world.move_voice(guild_id, user_id=user_id, channel_id=int(target))


def _role_id(guild: Guild, value: str) -> int:
    if int(value) not in guild.roles:
        raise unknown("Role")
    return int(value)


def _overwrites(written: list[Json]) -> tuple[Overwrite, ...]:
    return tuple(
        Overwrite(
            id=int(each["id"]), type=int(each["type"]), allow=int(each.get("allow", 0)), deny=int(each.get("deny", 0))
        )
        for each in written
    )
