"""The state of the simulated Discord, and the one place where it changes.

Every change is announced to the listeners at once, in order, on the event loop's thread: the gateway turns them into
dispatches, handles and pages into what a person sees. Voice is asked through the `Voice` protocol.
"""

import base64
import random
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from discord_sim import changes, permissions
from discord_sim.entities import (
    ALL_PERMISSIONS,
    Application,
    Channel,
    ChannelKind,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Permission,
    Role,
    User,
    VoiceServer,
    VoiceState,
)
from discord_sim.refusals import unknown
from discord_sim.snowflakes import Snowflakes

Listener = Callable[[changes.Change], None]
Found = TypeVar("Found")

EVERYONE = ALL_PERMISSIONS & ~(
    Permission.ADMINISTRATOR
    | Permission.KICK_MEMBERS
    | Permission.MANAGE_CHANNELS
    | Permission.MANAGE_GUILD
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_NICKNAMES
    | Permission.MANAGE_ROLES
    | Permission.MOVE_MEMBERS
    | Permission.MUTE_MEMBERS
    | Permission.DEAFEN_MEMBERS
)


class Voice(Protocol):
    """The voice half of the simulator, as the world sees it. Calls are quick and never wait for the network."""

    def admit(self, guild_id: int, user_id: int, session_id: str) -> VoiceServer:
        """Someone has connected or moved: which server they go to, with a fresh token. Their channel is in
        `world.voice_states[(guild_id, user_id)]`."""
        ...

    def dismiss(self, guild_id: int, user_id: int) -> None:
        """Someone left, was kicked, is being moved or lost their session: their voice connection, if any, closes
        with 4014. Comes before the `admit` of the next channel."""
        ...


class NoVoice:
    """Stands in where nobody is to be heard: every endpoint is null."""

    def admit(self, guild_id: int, user_id: int, session_id: str) -> VoiceServer:
        return VoiceServer(endpoint=None, token=f"{guild_id}.{user_id}.{session_id}")

    def dismiss(self, guild_id: int, user_id: int) -> None:
        pass


class World:
    def __init__(self, *, clock: Callable[[], float] = time.time, seed: int | None = None) -> None:
        self.clock = clock
        self.random = random.Random(seed)  # noqa: S311 - a seed makes a scene repeat; nothing here guards anything
        self.snowflakes = Snowflakes(clock)
        self.users: dict[int, User] = {}
        self.applications: dict[int, Application] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, dict[int, Message]] = {}
        """By channel, then by id, oldest first."""
        self.voice_states: dict[tuple[int, int], VoiceState] = {}
        """By (guild, user): everybody who is in a voice channel now."""
        self.voice: Voice = NoVoice()
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every change from now on, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self, change: changes.Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def secret(self, length: int = 32) -> str:
        """A new token, session id or code."""
        return self.random.randbytes(length).hex()

    # People and applications

    def add_user(
        self,
        name: str,
        *,
        display_name: str | None = None,
        user_id: int | None = None,
        locale: str = "en-US",
        email: str | None = None,
        bot: bool = False,
    ) -> User:
        user = User(
            id=user_id or self.snowflakes.new(),
            name=name,
            display_name=display_name or name,
            locale=locale,
            email=email or f"{name}@example.test",
            bot=bot,
        )
        self.users[user.id] = user
        return user

    def add_bot(
        self, name: str, *, owner: User | None = None, redirect_uris: tuple[str, ...] = (), bot_id: int | None = None
    ) -> Application:
        bot = self.add_user(name, user_id=bot_id, bot=True)
        first = base64.b64encode(str(bot.id).encode()).decode().rstrip("=")
        application = Application(
            bot=bot,
            token=f"{first}.{self.secret(3)}.{self.secret(16)}",
            client_secret=self.secret(16),
            public_key=self.secret(32),
            owner=owner or self.add_user(f"{name}-owner"),
            redirect_uris=redirect_uris,
        )
        self.applications[bot.id] = application
        return application

    # Guilds, members, roles, channels

    def add_guild(self, name: str, *, owner: User, locale: str = "en-US") -> Guild:
        guild = Guild(id=self.snowflakes.new(), name=name, owner_id=owner.id, locale=locale)
        guild.roles[guild.id] = Role(id=guild.id, guild_id=guild.id, name="@everyone", permissions=EVERYONE)
        self.guilds[guild.id] = guild
        self.join_guild(guild.id, user=owner)
        return guild

    def guild(self, guild_id: int) -> Guild:
        return _found(self.guilds.get(guild_id), "Guild")

    def join_guild(self, guild_id: int, *, user: User, permissions: int | None = None) -> Member:
        """Bots get a role of their own with the permissions that their invitation asked for."""
        guild = self.guild(guild_id)
        member = Member(guild_id=guild_id, user=user, joined_at=self.clock())
        if user.bot:
            role = self.add_role(guild_id, name=user.name, permissions=permissions or 0, managed=True)
            member.roles.append(role.id)
        guild.members[user.id] = member
        self.announce(changes.MemberJoined(member))
        return member

    def member(self, guild_id: int, *, user_id: int) -> Member:
        return _found(self.guild(guild_id).members.get(user_id), "Member")

    def change_member(self, member: Member) -> None:
        """Tell of what has been changed on the member."""
        self.announce(changes.MemberChanged(member))

    def leave_guild(self, guild_id: int, *, user_id: int) -> None:
        member = self.member(guild_id, user_id=user_id)
        self.leave_voice(guild_id, user_id=user_id)
        del self.guild(guild_id).members[user_id]
        self.announce(changes.MemberLeft(member))

    def add_role(self, guild_id: int, *, name: str, permissions: int = 0, managed: bool = False) -> Role:
        guild = self.guild(guild_id)
        role = Role(
            id=self.snowflakes.new(),
            guild_id=guild_id,
            name=name,
            permissions=permissions,
            position=len(guild.roles),
            managed=managed,
        )
        guild.roles[role.id] = role
        self.announce(changes.RoleAdded(role))
        return role

    def add_channel(
        self,
        guild_id: int,
        *,
        name: str,
        kind: ChannelKind = ChannelKind.TEXT,
        topic: str | None = None,
        overwrites: tuple[Overwrite, ...] = (),
    ) -> Channel:
        guild = self.guild(guild_id)
        channel = Channel(
            id=self.snowflakes.new(),
            kind=kind,
            name=name,
            guild_id=guild_id,
            topic=topic,
            position=len(guild.channels),
            overwrites=overwrites,
        )
        guild.channels[channel.id] = self.channels[channel.id] = channel
        self.announce(changes.ChannelAdded(channel))
        return channel

    def channel(self, channel_id: int) -> Channel:
        return _found(self.channels.get(channel_id), "Channel")

    def change_channel(self, channel: Channel) -> None:
        """Tell of what has been changed on the channel."""
        self.announce(changes.ChannelChanged(channel))

    def remove_channel(self, channel_id: int) -> None:
        channel = self.channel(channel_id)
        del self.channels[channel_id]
        for state in self.in_voice(channel_id):
            self.leave_voice(state.guild_id, user_id=state.user_id)
        if channel.guild_id is not None:
            del self.guild(channel.guild_id).channels[channel_id]
        self.announce(changes.ChannelRemoved(channel))

    def direct_channel(self, *people: User) -> Channel:
        """The one channel between these people."""
        ids = {person.id for person in people}
        for channel in self.channels.values():
            if {person.id for person in channel.recipients} == ids:
                return channel
        channel = Channel(id=self.snowflakes.new(), kind=ChannelKind.DIRECT, name="", recipients=people)
        self.channels[channel.id] = channel
        self.announce(changes.ChannelAdded(channel))
        return channel

    def register_commands(self, application: Application, *, guild_id: int | None, commands: list[Json]) -> None:
        application.commands[guild_id] = commands
        self.announce(changes.CommandsSynced(application.id, guild_id))

    def permissions(self, user_id: int, *, channel: Channel) -> int:
        if channel.guild_id is None:
            return ALL_PERMISSIONS if user_id in {user.id for user in channel.recipients} else 0
        guild = self.guild(channel.guild_id)
        member = guild.members.get(user_id)
        return 0 if member is None else permissions.in_channel(guild, channel=channel, member=member)

    # Messages

    def post(self, message: Message) -> Message:
        """The message has its id already: an ephemeral or deferred one may be known before it is seen."""
        self.messages.setdefault(message.channel_id, {})[message.id] = message
        if message.seen_by is None:
            self.channel(message.channel_id).last_message_id = message.id
        self.announce(changes.MessagePosted(message))
        return message

    def say(self, channel_id: int, *, author: User, content: str, components: list[Json] | None = None) -> Message:
        """Somebody writes in a channel, as a person does."""
        return self.post(
            Message(
                id=self.snowflakes.new(),
                channel_id=channel_id,
                guild_id=self.channel(channel_id).guild_id,
                author=author,
                content=content,
                components=components or [],
            )
        )

    def message(self, channel_id: int, *, message_id: int) -> Message:
        return _found(self.messages.get(channel_id, {}).get(message_id), "Message")

    def edit(self, message: Message) -> None:
        """Tell of what has been changed on the message."""
        self.announce(changes.MessageEdited(message))

    def delete(self, message: Message) -> None:
        del self.messages[message.channel_id][message.id]
        self.announce(changes.MessageDeleted(message))

    def react(self, message: Message, *, user: User, emoji: str) -> None:
        who = message.reactions.setdefault(emoji, [])
        if user.id not in who:
            who.append(user.id)
            self.announce(changes.ReactionAdded(message, user, emoji))

    def unreact(self, message: Message, *, user: User, emoji: str) -> None:
        who = message.reactions.get(emoji, [])
        if user.id in who:
            who.remove(user.id)
            self.announce(changes.ReactionRemoved(message, user, emoji))

    # Voice

    def in_voice(self, channel_id: int) -> list[VoiceState]:
        return [state for state in self.voice_states.values() if state.channel_id == channel_id]

    def may_join(self, user_id: int, *, channel: Channel) -> bool:
        """Whether somebody may connect to a voice channel: it may be closed to them, or full."""
        granted = self.permissions(user_id, channel=channel)
        if not (granted & Permission.CONNECT and granted & Permission.VIEW_CHANNEL):
            return False
        there = {state.user_id for state in self.in_voice(channel.id)}
        is_full = 0 < channel.user_limit <= len(there - {user_id})
        return not is_full or user_id in there or bool(granted & Permission.MOVE_MEMBERS)

    def join_voice(
        self,
        guild_id: int,
        *,
        user_id: int,
        channel_id: int,
        session_id: str | None = None,
        self_mute: bool = False,
        self_deaf: bool = False,
    ) -> VoiceServer | None:
        """Connect, move or (un)mute oneself. Answers where to connect to, or None where the connection goes on."""
        before = self.voice_states.get((guild_id, user_id))
        member = self.member(guild_id, user_id=user_id)
        after = VoiceState(
            guild_id=guild_id,
            user_id=user_id,
            channel_id=channel_id,
            session_id=session_id or (before.session_id if before else self.secret(16)),
            self_mute=self_mute,
            self_deaf=self_deaf,
            mute=member.mute,
            deaf=member.deaf,
        )
        stays = before and (before.channel_id, before.session_id) == (after.channel_id, after.session_id)
        self._set_voice_state(before, after=after)
        if stays:
            return None
        if before:
            self.voice.dismiss(guild_id, user_id)
        return self.assign_voice_server(guild_id, user_id=user_id)

    def move_voice(self, guild_id: int, *, user_id: int, channel_id: int) -> VoiceServer | None:
        """A moderator drags somebody into another channel."""
        state = _found(self.voice_states.get((guild_id, user_id)), "Member")
        return self.join_voice(
            guild_id,
            user_id=user_id,
            channel_id=channel_id,
            session_id=state.session_id,
            self_mute=state.self_mute,
            self_deaf=state.self_deaf,
        )

    def leave_voice(self, guild_id: int, *, user_id: int) -> None:
        """Leave, be disconnected by a moderator, or lose the session."""
        before = self.voice_states.get((guild_id, user_id))
        if before is None:
            return
        self._set_voice_state(
            before, after=VoiceState(guild_id=guild_id, user_id=user_id, channel_id=None, session_id=before.session_id)
        )
        self.voice.dismiss(guild_id, user_id)

    def silence(self, guild_id: int, *, user_id: int, mute: bool, deaf: bool) -> None:
        """A moderator mutes or deafens somebody for the whole guild."""
        member = self.member(guild_id, user_id=user_id)
        member.mute, member.deaf = mute, deaf
        self.change_member(member)
        if state := self.voice_states.get((guild_id, user_id)):
            self._set_voice_state(state, after=msgspec.structs.replace(state, mute=mute, deaf=deaf))

    def assign_voice_server(self, guild_id: int, *, user_id: int, server: VoiceServer | None = None) -> VoiceServer:
        """Send somebody to a voice server: the given one (also one without an endpoint), or the one voice chooses."""
        if server is None:
            server = self.voice.admit(guild_id, user_id, self.voice_states[(guild_id, user_id)].session_id)
        self.announce(changes.VoiceServerAssigned(guild_id, user_id, server))
        return server

    def _set_voice_state(self, before: VoiceState | None, *, after: VoiceState) -> None:
        if after.channel_id is None:
            self.voice_states.pop((after.guild_id, after.user_id), None)
        else:
            self.voice_states[(after.guild_id, after.user_id)] = after
        self.announce(changes.VoiceStateChanged(before, after))


def _found(thing: Found | None, what: str) -> Found:
    if thing is None:
        raise unknown(what)
    return thing
