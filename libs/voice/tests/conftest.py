"""A real hikari bot on a simulated Discord, and for every test a guild of its own."""

from collections.abc import AsyncIterator
from typing import TypeVar

import hikari
import msgspec
import pytest

import voice
from discord_sim.entities import ALL_PERMISSIONS, Application, ChannelKind
from discord_sim.simulator import Simulator
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.epochs import Timing
from discord_sim.voice.faults import Faults
from discord_sim.voice.ledger import Sent, digest
from discord_sim.voice.members import DaveyMember, MakeMember
from discord_sim.voice.people import Person
from discord_sim.voice.service import Limits as ServiceLimits
from discord_sim.voice.stage import together, until
from voice import Frame, Heard, VoiceConnection
from voice.encryption import Libdave, MakeEndToEnd

LIMITS = voice.Limits(
    hold_seconds=10.0,
    move_seconds=3.0,
    server_seconds=5.0,
    reconnect_seconds=10.0,
    first_backoff_seconds=0.01,
)
"""Shorter only where a test waits for the end of it, and never so short that a loaded machine comes to it first."""


Kind = TypeVar("Kind")


class Discord(msgspec.Struct, frozen=True):
    """The simulator, and the bot that is connected to it."""

    sim: Simulator
    bot: hikari.GatewayBot
    application: Application


class Hall:
    """A guild with two voice channels, the bot in it, and what the bot hears."""

    def __init__(self, discord: Discord) -> None:
        world = discord.sim.world
        self.discord, self.sim, self.bot = discord, discord.sim, discord.bot
        guild = world.add_guild("Guild", owner=world.add_user("owner"))
        world.join_guild(guild.id, user=discord.application.bot, permissions=ALL_PERMISSIONS)
        self.guild_id = guild.id
        self.channel_id = world.add_channel(guild.id, name="hall", kind=ChannelKind.VOICE).id
        self.other_channel_id = world.add_channel(guild.id, name="attic", kind=ChannelKind.VOICE).id
        self.heard: list[Heard] = []
        self.connections: list[VoiceConnection] = []

    @property
    def bot_id(self) -> int:
        return self.discord.application.id

    @property
    def connection(self) -> VoiceConnection:
        return self.connections[-1]

    @property
    def faults(self) -> Faults:
        return self.sim.voice.faults

    def person(self, name: str, *, dave: MakeMember = DaveyMember) -> Person:
        user = self.sim.world.add_user(name)
        self.sim.world.join_guild(self.guild_id, user=user)
        return Person(self.sim.voice, guild_id=self.guild_id, user_id=user.id, dave=dave)

    async def connect(
        self,
        *,
        limits: voice.Limits = LIMITS,
        end_to_end: MakeEndToEnd = Libdave,
        listener: voice.Listener | None = None,
    ) -> VoiceConnection:
        """`listener` is for those who note more than `heard`, and fills it."""
        connection = await voice.connect(
            self.bot,
            self.guild_id,
            self.channel_id,
            listener=listener or self.heard.append,
            ssl_context=self.sim.certificates.client_context(),
            limits=limits,
            end_to_end=end_to_end,
        )
        self.connections.append(connection)
        return connection

    async def gather(self, *people: Person) -> None:
        """The bot is there, then come these, and all of them can be heard."""
        await self.connect()
        await self.join(*people)

    async def join(self, *people: Person) -> None:
        for person in people:
            person.join(self.channel_id)
        await together(*people)

    def frames(self, person: Person) -> list[Frame]:
        return [heard for heard in self.heard if isinstance(heard, Frame) and heard.user_id == person.user_id]

    def happened(self, kind: type[Kind]) -> list[Kind]:
        return [heard for heard in self.heard if isinstance(heard, kind)]

    def missing(self, *people: Person) -> list[Sent]:
        """Voiced frames that were said and not heard."""
        found = {(heard.user_id, digest(heard.opus)) for heard in self.heard if isinstance(heard, Frame)}
        return [
            sent
            for person in people
            for sent in self.sim.voice.ledger.voiced(person.user_id)
            if (sent.user_id, sent.digest) not in found
        ]

    async def hears_all(self, *people: Person) -> None:
        await until(lambda: not self.missing(*people))

    def check_accounts(self) -> None:
        """Every datagram is in one account, and every account adds up."""
        for connection in self.connections:
            counts = connection.counts()
            assert all(each.adds_up for each in counts.values()), counts
            assert sum(each.received for each in counts.values()) == connection.datagrams

    async def close(self) -> None:
        for connection in self.connections:
            if connection.is_alive:
                await connection.disconnect()
        for state in list(self.sim.world.voice_states.values()):
            if state.guild_id == self.guild_id:
                self.sim.world.leave_voice(self.guild_id, user_id=state.user_id)
        self.faults.clear()
        self.sim.faults.clear()
        self.sim.voice.modes = list(CIPHERS)


@pytest.fixture(scope="session")
async def discord() -> AsyncIterator[Discord]:
    async with Simulator(seed=1) as sim:
        sim.voice.limits = ServiceLimits(heartbeat_ms=1_000, timing=Timing(transition_seconds=0.3))
        application = sim.world.add_bot("recorder")
        bot = hikari.GatewayBot(
            application.token,
            rest_url=sim.rest_url,
            banner=None,
            logs=None,
            intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_VOICE_STATES,
        )
        await bot.start(check_for_updates=False)
        yield Discord(sim, bot, application)
        await bot.close()


@pytest.fixture
async def hall(discord: Discord) -> AsyncIterator[Hall]:
    hall = Hall(discord)
    yield hall
    await hall.close()
    hall.check_accounts()
