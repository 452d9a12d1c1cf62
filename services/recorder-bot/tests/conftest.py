"""A real recorder process on a simulated Discord, with the real media behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discord_sim.simulator import Simulator
from discord_sim.voice.epochs import Timing
from discord_sim.voice.service import Limits
from testkit.recording.house import House, furnished
from testkit.recording.studio import Studio


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    async with furnished() as house:
        yield house


@pytest.fixture(scope="session")
async def discord() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1) as sim:
        sim.voice.limits = Limits(heartbeat_ms=5_000, timing=Timing(transition_seconds=0.3))
        yield sim


@pytest.fixture
async def studio(house: House, discord: Simulator, tmp_path: Path) -> AsyncIterator[Studio]:
    """A guild, a voice channel, and a recorder that is not started yet."""
    studio = Studio(house, discord, folder=tmp_path)
    await studio.open()
    yield studio
    await studio.close()
