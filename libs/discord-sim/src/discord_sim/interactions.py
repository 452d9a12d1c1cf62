"""Commands typed, buttons pressed, forms sent: from the moment a person acts to the last edit of the answer."""

from enum import IntEnum

import msgspec

from discord_sim import changes
from discord_sim.entities import Application, Json, Message, User
from discord_sim.refusals import Refusal, unknown
from discord_sim.world import World

ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LIVES_S = 15 * 60.0
LOADING = 1 << 7
EPHEMERAL = 1 << 6


class Asked(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Answered(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class Interaction(msgspec.Struct, kw_only=True):
    """One interaction, as a person and a test see it; everything but `payload` and `born` comes from the bot."""

    id: int
    token: str
    kind: Asked
    application: Application
    user: User
    channel_id: int
    guild_id: int | None
    payload: Json
    born: float
    repeats: int = 0
    source: Message | None = None
    """The message with the button, or the one whose button opened the form."""
    opened_by: "Interaction | None" = None
    """What opened the form that is sent in."""
    answered_by: Answered | None = None
    acknowledged_after: float | None = None
    """Seconds from the act to the acknowledgement."""
    original: Message | None = None
    versions: list[Message] = []
    """Every state of the original answer that there was to read, oldest first."""
    follow_ups: list[Message] = []
    modal: Json | None = None
    choices: list[Json] | None = None

    @property
    def response(self) -> Message | None:
        """The answer once there is something to read; while the bot "is thinking" there is none."""
        return None if self.original is None or self.original.flags & LOADING else self.original


ALLOWED = {
    Asked.COMMAND: {Answered.MESSAGE, Answered.DEFERRED_MESSAGE, Answered.MODAL},
    Asked.COMPONENT: set(Answered) - {Answered.CHOICES},
    Asked.AUTOCOMPLETE: {Answered.CHOICES},
    Asked.MODAL: {Answered.MESSAGE, Answered.DEFERRED_MESSAGE, Answered.DEFERRED_UPDATE, Answered.UPDATE},
}


class Interactions:
    """All interactions by token, with Discord's two clocks: 3 s to acknowledge, 15 min for the token."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_token: dict[str, Interaction] = {}

    def begin(self, interaction: Interaction) -> Interaction:
        self.by_token[interaction.token] = interaction
        self.world.announce(changes.InteractionMade(interaction.application.id, interaction.payload))
        return interaction

    def repeat(self, interaction: Interaction) -> None:
        """Deliver the same interaction once more, as Discord does now and then."""
        interaction.repeats += 1
        self.world.announce(changes.InteractionMade(interaction.application.id, interaction.payload))

    def to_acknowledge(self, interaction_id: int, token: str) -> Interaction:
        interaction = self.by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise unknown("interaction")
        if interaction.answered_by is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if self.expired(interaction):
            raise unknown("interaction")
        return interaction

    def to_follow_up(self, application_id: int, token: str) -> Interaction:
        interaction = self.by_token.get(token)
        if interaction is None or interaction.application.id != application_id:
            raise unknown("Webhook")
        if self.age(interaction) > TOKEN_LIVES_S:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        if interaction.answered_by is None:
            raise unknown("Webhook")
        return interaction

    def acknowledge(self, interaction: Interaction, *, by: Answered) -> None:
        interaction.answered_by = by
        interaction.acknowledged_after = self.age(interaction)
        self.changed(interaction)

    def changed(self, interaction: Interaction) -> None:
        if interaction.response and (not interaction.versions or interaction.versions[-1] != interaction.response):
            interaction.versions.append(msgspec.structs.replace(interaction.response))
        self.world.announce(changes.InteractionAnswered(interaction.id))

    def age(self, interaction: Interaction) -> float:
        return self.world.clock() - interaction.born

    def expired(self, interaction: Interaction) -> bool:
        """Nobody acknowledged in time: the person has read "The application did not respond"."""
        return interaction.answered_by is None and self.age(interaction) > ACKNOWLEDGE_WITHIN_S
