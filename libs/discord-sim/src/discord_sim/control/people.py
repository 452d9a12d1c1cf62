"""Actions of people: who there is, and what they type, press, say and read."""

from typing import Any

from discord_sim import wire
from discord_sim.control import views
from discord_sim.control.actions import Actions
from discord_sim.entities import ALL_PERMISSIONS, Application, ChannelKind, Json, Message, Overwrite
from discord_sim.instance import Instance
from discord_sim.people import Handle, Person
from discord_sim.refusals import unknown

actions = Actions()


@actions("POST users")
def add_user(sim: Instance, *, name: str, display_name: str | None = None, locale: str = "en-US") -> Json:
    return wire.own_user(sim.world.add_user(name, display_name=display_name, locale=locale))


@actions("POST bots")
def add_bot(sim: Instance, *, name: str, redirect_uris: tuple[str, ...] = ()) -> Json:
    return views.bot(sim.world.add_bot(name, redirect_uris=redirect_uris))


@actions("POST guilds")
def add_guild(sim: Instance, *, name: str, owner_id: int, locale: str = "en-US") -> Json:
    return wire.guild(sim.world.add_guild(name, owner=sim.world.users[owner_id], locale=locale))


@actions("POST channels")
def add_channel(sim: Instance, *, guild_id: int, name: str, voice: bool = False, stage: bool = False) -> Json:
    kind = ChannelKind.STAGE if stage else ChannelKind.VOICE if voice else ChannelKind.TEXT
    return wire.channel(sim.world.add_channel(guild_id, name=name, kind=kind))


@actions("POST channels/change")
def change_channel(
    sim: Instance,
    *,
    channel_id: int,
    name: str | None = None,
    user_limit: int | None = None,
    overwrites: tuple[Overwrite, ...] | None = None,
) -> Json:
    """Rename a channel, limit how many may be in it, allow and deny; what is not named stays."""
    channel = sim.world.channel(channel_id)
    channel.name = channel.name if name is None else name
    channel.user_limit = channel.user_limit if user_limit is None else user_limit
    channel.overwrites = channel.overwrites if overwrites is None else overwrites
    sim.world.change_channel(channel)
    return wire.channel(channel)


@actions("POST members/rename")
def rename(sim: Instance, *, guild_id: int, user_id: int, nick: str | None = None) -> Json:
    """Give a member a nickname, or take it away."""
    member = sim.world.member(guild_id, user_id=user_id)
    member.nick = nick
    sim.world.change_member(member)
    return wire.member(member)


@actions("POST members")
def join(sim: Instance, *, guild_id: int, user_id: int, permissions: int = ALL_PERMISSIONS) -> Json:
    """Bring a user into a guild; `permissions` are for bots."""
    return wire.member(sim.world.join_guild(guild_id, user=sim.world.users[user_id], permissions=permissions))


@actions("DELETE members")
def leave(sim: Instance, *, guild_id: int, user_id: int) -> None:
    sim.world.leave_guild(guild_id, user_id=user_id)


@actions("POST type")
async def type_command(
    sim: Instance,
    *,
    user_id: int,
    channel_id: int,
    command: str,
    options: dict[str, Any] | None = None,
    application_id: int | None = None,
    wait: float = 0.0,
) -> Json:
    """Type a slash command; with `wait`, answer when there is something to read, or after `wait` seconds."""
    channel, application = sim.world.channel(channel_id), _application(sim, application_id)
    handle = _person(sim, user_id).types(channel, command, application=application, **(options or {}))
    return await _seen(sim, handle, wait=wait)


@actions("POST complete")
async def complete(
    sim: Instance,
    *,
    user_id: int,
    channel_id: int,
    command: str,
    option: str,
    text: str,
    options: dict[str, Any] | None = None,
    wait: float = 3.0,
) -> Json:
    """What does autocomplete offer for this half-typed option?"""
    channel = sim.world.channel(channel_id)
    handle = _person(sim, user_id).completes(channel, command, option, text, **(options or {}))
    return await _seen(sim, handle, wait=wait)


@actions("POST press")
async def press(
    sim: Instance, *, user_id: int, channel_id: int, message_id: int, custom_id: str, wait: float = 0.0
) -> Json:
    message = _message(sim, channel_id, message_id)
    return await _seen(sim, _person(sim, user_id).presses(message, custom_id), wait=wait)


@actions("POST select")
async def select(
    sim: Instance,
    *,
    user_id: int,
    channel_id: int,
    message_id: int,
    custom_id: str,
    values: tuple[str, ...],
    wait: float = 0.0,
) -> Json:
    message = _message(sim, channel_id, message_id)
    return await _seen(sim, _person(sim, user_id).selects(message, custom_id, *values), wait=wait)


@actions("POST submit")
async def submit(
    sim: Instance, *, user_id: int, interaction_id: int, answers: dict[str, str], wait: float = 0.0
) -> Json:
    """Fill in the form that the interaction opened."""
    return await _seen(sim, _person(sim, user_id).submits(_handle(sim, interaction_id), **answers), wait=wait)


@actions("POST repeat")
def repeat(sim: Instance, *, interaction_id: int) -> Json:
    """Deliver the interaction once more, with the same id and token."""
    handle = _handle(sim, interaction_id)
    handle.repeat()
    return views.interaction(handle.interaction, failed=handle.failed)


@actions("GET interactions")
async def interaction(sim: Instance, *, interaction_id: int, wait: float = 0.0) -> Json:
    return await _seen(sim, _handle(sim, interaction_id), wait=wait)


@actions("POST say")
def say(sim: Instance, *, user_id: int, channel_id: int, content: str) -> Json:
    return wire.message(_person(sim, user_id).says(sim.world.channel(channel_id), content))


@actions("GET messages")
def read(sim: Instance, *, user_id: int, channel_id: int) -> list[Json]:
    """The channel as this person sees it, oldest first."""
    return [wire.message(each, viewer=user_id) for each in _person(sim, user_id).reads(sim.world.channel(channel_id))]


@actions("POST agree")
def agree(sim: Instance, *, user_id: int, authorize_url: str, approve: bool = True) -> Json:
    """Answer an OAuth2 authorization page."""
    return {"location": sim.agree(authorize_url, user=sim.world.users[user_id], approve=approve)}


async def _seen(sim: Instance, handle: Handle, *, wait: float) -> Json:
    """The interaction as it is once something can be seen of it, or when the waiting is over."""
    found = handle.interaction

    def visible() -> bool:
        return bool(found.response or found.modal or found.choices is not None)

    if wait and not visible():
        try:
            await sim.until(visible, seconds=wait)
        except TimeoutError:
            return views.interaction(found, failed=handle.failed)
    return views.interaction(found, failed=handle.failed)


def _person(sim: Instance, user_id: int) -> Person:
    if user_id not in sim.world.users:
        raise unknown("User")
    return sim.person(sim.world.users[user_id])


def _application(sim: Instance, application_id: int | None) -> Application | None:
    return None if application_id is None else sim.world.applications[application_id]


def _message(sim: Instance, channel_id: int, message_id: int) -> Message:
    return sim.world.message(channel_id, message_id=message_id)


def _handle(sim: Instance, interaction_id: int) -> Handle:
    for known in sim.interactions.by_token.values():
        if known.id == interaction_id:
            return Handle(known, sim.interactions)
    raise unknown("interaction")
