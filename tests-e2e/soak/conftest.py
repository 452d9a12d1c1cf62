"""The recorder's own stage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discord_sim.simulator import Simulator
from testkit.recording.house import House, furnished
from testkit.recording.studio import Studio


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    async with furnished() as house:
        yield house


@pytest.fixture
async def studio(house: House, tmp_path: Path) -> AsyncIterator[Studio]:
    """A guild of a Discord as it is, a voice channel, and a recorder that is started."""
    async with Simulator(seed=1) as sim:
        studio = Studio(house, sim, folder=tmp_path)
        await studio.open()
        await studio.start()
        yield studio
        await studio.close()
