"""Everything that can happen to the world, one type each; listeners match on the type."""

import msgspec

from discord_sim.entities import Channel, Json, Member, Message, Role, User, VoiceServer, VoiceState


class Change(msgspec.Struct, frozen=True):
    """Something happened; the entity inside is the state after it."""


class ChannelAdded(Change, frozen=True):
    channel: Channel


class ChannelChanged(Change, frozen=True):
    channel: Channel


class ChannelRemoved(Change, frozen=True):
    channel: Channel


class RoleAdded(Change, frozen=True):
    role: Role


class MemberJoined(Change, frozen=True):
    """Also how a bot learns of a guild: its own joining becomes GUILD_CREATE."""

    member: Member


class MemberChanged(Change, frozen=True):
    member: Member


class MemberLeft(Change, frozen=True):
    member: Member


class MessagePosted(Change, frozen=True):
    message: Message


class MessageEdited(Change, frozen=True):
    message: Message


class MessageDeleted(Change, frozen=True):
    message: Message


class ReactionAdded(Change, frozen=True):
    message: Message
    user: User
    emoji: str


class ReactionRemoved(Change, frozen=True):
    message: Message
    user: User
    emoji: str


class VoiceStateChanged(Change, frozen=True):
    before: VoiceState | None
    after: VoiceState


class VoiceServerAssigned(Change, frozen=True):
    """Concerns one person only: where their voice connection is to go."""

    guild_id: int
    user_id: int
    server: VoiceServer


class InteractionMade(Change, frozen=True):
    """Concerns one application only; `payload` is what Discord would send."""

    application_id: int
    payload: Json


class CommandsSynced(Change, frozen=True):
    application_id: int
    guild_id: int | None


class InteractionAnswered(Change, frozen=True):
    """The bot acknowledged, answered, edited or followed up."""

    interaction_id: int


class RestCalled(Change, frozen=True):
    """A request was answered; what it was stands last in `sim.calls`."""

    method: str
    path: str
    status: int


class PresenceChanged(Change, frozen=True):
    """A bot says what it is doing."""

    guild_id: int
    user: User
    status: str
    activities: list[Json]


class TypingStarted(Change, frozen=True):
    channel: Channel
    user: User


class BotConnected(Change, frozen=True):
    """A session of the bot is ready, or resumed."""

    bot_id: int


class BotDisconnected(Change, frozen=True):
    bot_id: int
