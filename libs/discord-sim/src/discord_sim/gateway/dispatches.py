"""Which change is told to whom, under which name, as what: from the world's language into the gateway's."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec

from discord_sim import changes, wire
from discord_sim.entities import Channel, Guild, Json, Message
from discord_sim.gateway.codes import Intent
from discord_sim.world import World


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a dispatch is written: one bot on one shard, with what it asked to hear."""

    bot_id: int
    intents: int
    shard: tuple[int, int]


class Dispatch(msgspec.Struct, frozen=True):
    name: str
    data: Json


Kind = TypeVar("Kind", bound=changes.Change)
Writer = Callable[[World, Reader, Any], Dispatch | None]
WRITERS: dict[type[changes.Change], Writer] = {}


def dispatch_of(world: World, reader: Reader, change: changes.Change) -> Dispatch | None:
    """What this reader is told of the change; None: nothing."""
    writer = WRITERS.get(type(change))
    return writer(world, reader, change) if writer else None


def on_shard(reader: Reader, *, guild_id: int | None) -> bool:
    number, count = reader.shard
    return (number == 0) if guild_id is None else (guild_id >> 22) % count == number


def _writes(kind: type[Kind]) -> Callable[[Callable[[World, Reader, Kind], Dispatch | None]], Any]:
    def keep(writer: Callable[[World, Reader, Kind], Dispatch | None]) -> Any:
        WRITERS[kind] = cast("Writer", writer)
        return writer

    return keep


def _hears(world: World, reader: Reader, *, guild_id: int, intent: Intent) -> Guild | None:
    """The guild, if the reader is in it, on the right shard, and asked for this kind of thing."""
    guild = world.guilds.get(guild_id)
    if guild and reader.bot_id in guild.members and on_shard(reader, guild_id=guild_id) and reader.intents & intent:
        return guild
    return None


@_writes(changes.MemberJoined)
def _member_joined(world: World, reader: Reader, change: changes.MemberJoined) -> Dispatch | None:
    member = change.member
    if member.user.id == reader.bot_id and on_shard(reader, guild_id=member.guild_id):
        guild = world.guild(member.guild_id)
        return Dispatch("GUILD_CREATE", wire.guild_create(guild, world=world, me=reader.bot_id))
    if not _hears(world, reader, guild_id=member.guild_id, intent=Intent.GUILD_MEMBERS):
        return None
    return Dispatch("GUILD_MEMBER_ADD", wire.member(member) | {"guild_id": str(member.guild_id)})


@_writes(changes.MemberChanged)
def _member_changed(world: World, reader: Reader, change: changes.MemberChanged) -> Dispatch | None:
    member = change.member
    needed = Intent.GUILDS if member.user.id == reader.bot_id else Intent.GUILD_MEMBERS
    if not _hears(world, reader, guild_id=member.guild_id, intent=needed):
        return None
    return Dispatch("GUILD_MEMBER_UPDATE", wire.member(member) | {"guild_id": str(member.guild_id)})


@_writes(changes.MemberLeft)
def _member_left(world: World, reader: Reader, change: changes.MemberLeft) -> Dispatch | None:
    member = change.member
    if member.user.id == reader.bot_id and on_shard(reader, guild_id=member.guild_id):
        return Dispatch("GUILD_DELETE", {"id": str(member.guild_id)})
    if not _hears(world, reader, guild_id=member.guild_id, intent=Intent.GUILD_MEMBERS):
        return None
    return Dispatch("GUILD_MEMBER_REMOVE", {"guild_id": str(member.guild_id), "user": wire.user(member.user)})


def _channel(world: World, reader: Reader, name: str, channel: Channel) -> Dispatch | None:
    """Bots are not told of direct channels."""
    if channel.guild_id is None or not _hears(world, reader, guild_id=channel.guild_id, intent=Intent.GUILDS):
        return None
    return Dispatch(name, wire.channel(channel)) if wire.can_see(world, channel, user_id=reader.bot_id) else None


@_writes(changes.ChannelAdded)
def _channel_added(world: World, reader: Reader, change: changes.ChannelAdded) -> Dispatch | None:
    return _channel(world, reader, "CHANNEL_CREATE", change.channel)


@_writes(changes.ChannelChanged)
def _channel_changed(world: World, reader: Reader, change: changes.ChannelChanged) -> Dispatch | None:
    return _channel(world, reader, "CHANNEL_UPDATE", change.channel)


@_writes(changes.ChannelRemoved)
def _channel_removed(world: World, reader: Reader, change: changes.ChannelRemoved) -> Dispatch | None:
    return _channel(world, reader, "CHANNEL_DELETE", change.channel)


@_writes(changes.RoleAdded)
def _role_added(world: World, reader: Reader, change: changes.RoleAdded) -> Dispatch | None:
    role = change.role
    if not _hears(world, reader, guild_id=role.guild_id, intent=Intent.GUILDS):
        return None
    return Dispatch("GUILD_ROLE_CREATE", {"guild_id": str(role.guild_id), "role": wire.role(role)})


def _sees(world: World, reader: Reader, message: Message, *, intent: Intent) -> bool:
    channel = world.channels.get(message.channel_id)
    if channel is None or message.seen_by is not None:
        return False
    if message.guild_id is None:
        known = reader.bot_id in {person.id for person in channel.recipients}
        return known and on_shard(reader, guild_id=None) and bool(reader.intents & Intent.DIRECT_MESSAGES)
    heard = _hears(world, reader, guild_id=message.guild_id, intent=intent)
    return bool(heard) and wire.can_see(world, channel, user_id=reader.bot_id)


def _message(world: World, reader: Reader, name: str, message: Message) -> Dispatch | None:
    """Without the message content intent a bot reads only its own words, those that name it, and direct ones."""
    if not _sees(world, reader, message, intent=Intent.GUILD_MESSAGES):
        return None
    written = wire.message(message, viewer=reader.bot_id, world=world)
    named = f"<@{reader.bot_id}>" in message.content
    own = message.author.id == reader.bot_id or message.guild_id is None
    if not (reader.intents & Intent.MESSAGE_CONTENT or own or named):
        written |= {"content": "", "embeds": [], "components": [], "attachments": []}
    return Dispatch(name, written)


@_writes(changes.MessagePosted)
def _message_posted(world: World, reader: Reader, change: changes.MessagePosted) -> Dispatch | None:
    return _message(world, reader, "MESSAGE_CREATE", change.message)


@_writes(changes.MessageEdited)
def _message_edited(world: World, reader: Reader, change: changes.MessageEdited) -> Dispatch | None:
    return _message(world, reader, "MESSAGE_UPDATE", change.message)


def _place(message: Message) -> Json:
    place: Json = {"channel_id": str(message.channel_id)}
    return place if message.guild_id is None else place | {"guild_id": str(message.guild_id)}


@_writes(changes.MessageDeleted)
def _message_deleted(world: World, reader: Reader, change: changes.MessageDeleted) -> Dispatch | None:
    if not _sees(world, reader, change.message, intent=Intent.GUILD_MESSAGES):
        return None
    return Dispatch("MESSAGE_DELETE", {"id": str(change.message.id)} | _place(change.message))


@_writes(changes.ReactionAdded)
def _reaction_added(world: World, reader: Reader, change: changes.ReactionAdded) -> Dispatch | None:
    return _reaction(world, reader, "MESSAGE_REACTION_ADD", change)


@_writes(changes.ReactionRemoved)
def _reaction_removed(world: World, reader: Reader, change: changes.ReactionRemoved) -> Dispatch | None:
    return _reaction(world, reader, "MESSAGE_REACTION_REMOVE", change)


def _reaction(
    world: World, reader: Reader, name: str, change: changes.ReactionAdded | changes.ReactionRemoved
) -> Dispatch | None:
    message, person = change.message, change.user
    if not _sees(world, reader, message, intent=Intent.GUILD_MESSAGE_REACTIONS):
        return None
    told: Json = {
        "user_id": str(person.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": change.emoji},
        "message_author_id": str(message.author.id),
        "burst": False,
        "type": 0,
    }
    if message.guild_id and name.endswith("ADD"):
        told["member"] = wire.member(world.member(message.guild_id, user_id=person.id))
    return Dispatch(name, told | _place(message))


@_writes(changes.TypingStarted)
def _typing(world: World, reader: Reader, change: changes.TypingStarted) -> Dispatch | None:
    guild_id = change.channel.guild_id
    if guild_id is None or not _hears(world, reader, guild_id=guild_id, intent=Intent.GUILD_MESSAGE_TYPING):
        return None
    told: Json = {
        "channel_id": str(change.channel.id),
        "guild_id": str(guild_id),
        "user_id": str(change.user.id),
        "timestamp": int(world.clock()),
        "member": wire.member(world.member(guild_id, user_id=change.user.id)),
    }
    return Dispatch("TYPING_START", told)


@_writes(changes.PresenceChanged)
def _presence(world: World, reader: Reader, change: changes.PresenceChanged) -> Dispatch | None:
    if not _hears(world, reader, guild_id=change.guild_id, intent=Intent.GUILD_PRESENCES):
        return None
    told: Json = {
        "user": {"id": str(change.user.id)},
        "guild_id": str(change.guild_id),
        "status": change.status,
        "activities": change.activities,
        "client_status": {"web": change.status},
    }
    return Dispatch("PRESENCE_UPDATE", told)


@_writes(changes.VoiceStateChanged)
def _voice_state(world: World, reader: Reader, change: changes.VoiceStateChanged) -> Dispatch | None:
    state = change.after
    if not _hears(world, reader, guild_id=state.guild_id, intent=Intent.GUILD_VOICE_STATES):
        return None
    return Dispatch("VOICE_STATE_UPDATE", wire.voice_state(state, world=world))


@_writes(changes.VoiceServerAssigned)
def _voice_server(world: World, reader: Reader, change: changes.VoiceServerAssigned) -> Dispatch | None:
    del world
    if change.user_id != reader.bot_id or not on_shard(reader, guild_id=change.guild_id):
        return None
    server = change.server
    told: Json = {"token": server.token, "guild_id": str(change.guild_id), "endpoint": server.endpoint}
    return Dispatch("VOICE_SERVER_UPDATE", told)


@_writes(changes.InteractionMade)
def _interaction(world: World, reader: Reader, change: changes.InteractionMade) -> Dispatch | None:
    del world
    guild_id = change.payload.get("guild_id")
    if change.application_id != reader.bot_id or not on_shard(reader, guild_id=guild_id and int(guild_id)):
        return None
    return Dispatch("INTERACTION_CREATE", change.payload)
