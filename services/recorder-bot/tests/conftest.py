"""A real recorder process on a simulated Discord, with the real media behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discord_sim.simulator import Simulator
from discord_sim.voice.epochs import Timing
from discord_sim.voice.service import Limits
from testkit.recording.environment import Environment, running_environment
from testkit.recording.recorder_setup import RecorderSetup


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[Environment]:
    async with running_environment() as environment:
        yield environment


@pytest.fixture(scope="session")
async def discord() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1) as sim:
        sim.voice.limits = Limits(heartbeat_ms=5_000, timing=Timing(transition_seconds=0.3))
        yield sim


@pytest.fixture
async def setup(environment: Environment, discord: Simulator, tmp_path: Path) -> AsyncIterator[RecorderSetup]:
    """A guild, a voice channel, and a recorder that is not started yet."""
    setup = RecorderSetup(environment, discord, folder=tmp_path)
    await setup.open()
    yield setup
    await setup.close()
