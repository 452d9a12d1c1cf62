"""A guild with two voice channels and a running voice service: where most scenes about voice begin."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec

from discord_sim.certs import Certificates
from discord_sim.entities import ChannelKind
from discord_sim.voice.members import DaveyMember, MakeMember
from discord_sim.voice.people import Person
from discord_sim.voice.service import Limits, VoiceService
from discord_sim.world import World

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 60.0
"""For what takes a moment on a machine that has nothing else to do."""


class Stage(msgspec.Struct, frozen=True):
    world: World
    service: VoiceService
    guild_id: int
    channel_id: int
    other_channel_id: int

    def person(self, name: str, *, dave: MakeMember = DaveyMember) -> Person:
        """Someone new in the guild, not yet in voice."""
        user = self.world.add_user(name)
        self.world.join_guild(self.guild_id, user=user)
        return Person(self.service, guild_id=self.guild_id, user_id=user.id, dave=dave)


@asynccontextmanager
async def voice_stage(
    certificates: Certificates, *, world: World | None = None, limits: Limits | None = None
) -> AsyncGenerator[Stage]:
    world = world or World(seed=1)
    service = VoiceService(world, certificates, limits=limits)
    world.voice = service
    guild = world.add_guild("Guild", owner=world.add_user("owner"))
    hall, attic = (world.add_channel(guild.id, name=name, kind=ChannelKind.VOICE) for name in ("hall", "attic"))
    await service.start()
    try:
        yield Stage(world, service, guild.id, hall.id, attic.id)
    finally:
        await service.stop()


async def until(condition: Callable[[], object], *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition that is not announced."""
    async with asyncio.timeout(timeout_seconds):
        while not condition():  # noqa: ASYNC110 - nothing announces the change
            await asyncio.sleep(POLL_SECONDS)


async def together(*people: Person) -> None:
    """Wait until these people seal their frames in one and the same epoch."""
    for person in people:
        await person.ready()
    await until(lambda: all(person.settled for person in people) and len(_epochs(people)) == 1)


def _epochs(people: tuple[Person, ...]) -> set[bytes | None]:
    return {person.membership and person.membership.sealed_for for person in people}
