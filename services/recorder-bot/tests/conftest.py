"""A real recorder process on a simulated Discord, with the real media behind it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from discord_sim.simulator import Simulator
from discord_sim.voice.epochs import Timing
from discord_sim.voice.service import Limits
from testkit.buckets import create_bucket, delete_bucket
from testkit.databases import Databases
from testkit.servers import Servers

from .cable import Cable
from .house import Auth, House, Program, write_key
from .studio import Studio


@pytest.fixture(scope="session")
async def house(
    servers: Servers, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    key = folder / "media.key.pem"
    auth, s3 = Auth(), Cable(servers.s3.s3_endpoint)
    write_key(key)
    await auth.start()
    await s3.lay()
    bucket = create_bucket(servers.s3, f"test-{uuid4().hex}")
    environ = bucket.environ() | {
        "DATABASE_URL": (await databases.create("media")).reveal(),
        "REDIS_URL": servers.redis_url,
        "S3_ENDPOINT": s3.url,
        "AUTH_URL": auth.url,
        "MEDIA_SERVICE_KEY_FILE": str(key),
        "MEDIA_LEASE_SECONDS": "4",
        "MEDIA_SWEEP_SECONDS": "0.5",
    }
    media = Program("media", environ, log=folder / "media.log")
    await media.start()
    house = House(auth, media, redis_url=servers.redis_url, s3=s3)
    yield house
    await house.close()
    await media.stop()
    s3.remove()
    delete_bucket(bucket)
    await auth.stop()


@pytest.fixture(scope="session")
async def discord() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1) as sim:
        sim.voice.limits = Limits(heartbeat_ms=1_000, timing=Timing(transition_seconds=0.3))
        yield sim


@pytest.fixture
async def studio(house: House, discord: Simulator, tmp_path: Path) -> AsyncIterator[Studio]:
    """A guild, a voice channel, and a recorder that is not started yet."""
    studio = Studio(house, discord, folder=tmp_path)
    await studio.open()
    yield studio
    await studio.close()
