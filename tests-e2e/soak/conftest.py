"""The recorder's own stage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discord_sim.simulator import Simulator
from testkit.recording.environment import Environment, running_environment
from testkit.recording.recorder_setup import RecorderSetup


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[Environment]:
    async with running_environment() as environment:
        yield environment


@pytest.fixture
async def setup(environment: Environment, tmp_path: Path) -> AsyncIterator[RecorderSetup]:
    """A guild of a Discord as it is, a voice channel, and a recorder that is started."""
    async with Simulator(seed=1) as sim:
        setup = RecorderSetup(environment, sim, folder=tmp_path)
        await setup.open()
        await setup.start()
        yield setup
        await setup.close()
