"""A stage for every test, certificates for all of them."""

from collections.abc import AsyncIterator

import pytest

from discord_sim.certs import Certificates, make_certificates
from discord_sim.voice.epochs import Timing
from discord_sim.voice.service import Limits
from discord_sim.voice.stage import Stage, voice_stage


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def stage(certificates: Certificates) -> AsyncIterator[Stage]:
    async with voice_stage(certificates, limits=Limits(timing=Timing(transition_seconds=0.2))) as stage:
        yield stage
