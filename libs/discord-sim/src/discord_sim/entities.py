"""What the world is made of. Ids are numbers here and strings on the wire."""

from enum import IntEnum, IntFlag
from typing import Any

import msgspec

Json = dict[str, Any]


class ChannelKind(IntEnum):
    TEXT = 0
    DIRECT = 1
    VOICE = 2
    CATEGORY = 4
    STAGE = 13


class Permission(IntFlag):
    """The permissions that the simulator enforces; all others are carried and never asked for."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    READ_MESSAGE_HISTORY = 1 << 16
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28


ALL_PERMISSIONS = (1 << 50) - 1
ALL_INTENTS = (1 << 26) - 1


class User(msgspec.Struct, kw_only=True):
    id: int
    name: str
    display_name: str
    bot: bool = False
    locale: str = "en-US"
    email: str | None = None


class Application(msgspec.Struct, kw_only=True):
    """An application and its bot, which share an id as they do at Discord today."""

    bot: User
    token: str
    client_secret: str
    public_key: str
    owner: User
    redirect_uris: tuple[str, ...] = ()
    intents: int = ALL_INTENTS
    """What the developer portal allows it to listen to."""
    commands: dict[int | None, list[Json]] = {}
    """Registered commands by guild id; None holds the global ones."""

    @property
    def id(self) -> int:
        return self.bot.id


class Role(msgspec.Struct, kw_only=True):
    id: int
    guild_id: int
    name: str
    permissions: int = 0
    position: int = 0
    managed: bool = False
    color: int = 0
    hoist: bool = False
    mentionable: bool = False


class Overwrite(msgspec.Struct, kw_only=True, frozen=True):
    """What a channel allows or denies to one role (type 0) or member (type 1)."""

    id: int
    type: int
    allow: int = 0
    deny: int = 0


class Channel(msgspec.Struct, kw_only=True):
    id: int
    kind: ChannelKind
    name: str
    guild_id: int | None = None
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    overwrites: tuple[Overwrite, ...] = ()
    recipients: tuple[User, ...] = ()
    last_message_id: int | None = None
    user_limit: int = 0


class Member(msgspec.Struct, kw_only=True):
    guild_id: int
    user: User
    joined_at: float
    nick: str | None = None
    roles: list[int] = []
    mute: bool = False
    deaf: bool = False


class Guild(msgspec.Struct, kw_only=True):
    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    roles: dict[int, Role] = {}
    channels: dict[int, Channel] = {}
    members: dict[int, Member] = {}

    def named(self, start: str) -> list[Member]:
        """The members whose name or nickname begins like this."""
        wanted = start.casefold()
        names = ((each, (each.user.name, each.user.display_name, each.nick or "")) for each in self.members.values())
        return [each for each, known in names if any(name.casefold().startswith(wanted) for name in known if name)]


class Message(msgspec.Struct, kw_only=True):
    id: int
    channel_id: int
    author: User
    guild_id: int | None = None
    content: str = ""
    type: int = 0
    flags: int = 0
    embeds: list[Json] = []
    components: list[Json] = []
    attachments: list[Json] = []
    reference: Json | None = None
    nonce: str | int | None = None
    edited_at: float | None = None
    pinned: bool = False
    tts: bool = False
    application_id: int | None = None
    interaction: Json | None = None
    """`interaction_metadata` of the answer to a command."""
    seen_by: int | None = None
    """Only this person sees the message (it is ephemeral)."""
    reactions: dict[str, list[int]] = {}


class VoiceState(msgspec.Struct, kw_only=True, frozen=True):
    """Where somebody is in voice; `channel_id` None says that they have just left."""

    guild_id: int
    user_id: int
    channel_id: int | None
    session_id: str
    self_mute: bool = False
    self_deaf: bool = False
    self_video: bool = False
    mute: bool = False
    deaf: bool = False
    suppress: bool = False


class VoiceServer(msgspec.Struct, kw_only=True, frozen=True):
    """What VOICE_SERVER_UPDATE tells a client; `endpoint` None means: wait for the next one."""

    endpoint: str | None
    token: str
