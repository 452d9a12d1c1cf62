"""A guild with two channels, one bot and its people: where most tests of a bot begin."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec

from discord_sim.entities import ALL_PERMISSIONS, Application, Channel, ChannelKind, Guild
from discord_sim.gateway.server import GatewaySettings
from discord_sim.people import Person
from discord_sim.rest.limits import Limits
from discord_sim.simulator import Simulator


class Stage(msgspec.Struct, frozen=True):
    sim: Simulator
    guild: Guild
    text: Channel
    voice: Channel
    bot: Application

    def person(self, name: str, *, locale: str = "en-US") -> Person:
        """Somebody new in the guild."""
        return self.sim.person(name, guild=self.guild, locale=locale)


@asynccontextmanager
async def stage(
    *,
    permissions: int = ALL_PERMISSIONS,
    redirect_uris: tuple[str, ...] = (),
    limits: Limits | None = None,
    gateway: GatewaySettings | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Stage]:
    """`permissions` are the bot's in the guild."""
    async with Simulator(seed=1, limits=limits, gateway=gateway, clock=clock) as sim:
        world = sim.world
        guild = world.add_guild("Guild", owner=world.add_user("owner"))
        text = world.add_channel(guild.id, name="general")
        voice = world.add_channel(guild.id, name="Lounge", kind=ChannelKind.VOICE)
        bot = world.add_bot("bot", redirect_uris=redirect_uris)
        world.join_guild(guild.id, user=bot.bot, permissions=permissions)
        yield Stage(sim, guild, text, voice, bot)
