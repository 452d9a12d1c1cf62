"""Each worker of messaging meets an outage and a bug, and ends as it should."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import background
from chassis.background import Worker
from chassis.settings import Secret
from messaging.settings import Settings
from messaging.usecases.keeping import Sweeper
from streams import bus
from streams.redaction import Redactor
from testkit.ends import assert_ends
from testkit.servers import Servers

LIMITS = Settings(database_url=Secret(""), redis_url=Secret(""), auth_url="")
NAMES = ["sweep keys", "sweep names", "sweep removed", "announce profiles", "redactor"]


@pytest.mark.parametrize("name", NAMES)
async def test_an_outage_is_waited_out_and_a_bug_that_repeats_ends_the_process(
    engine: AsyncEngine, servers: Servers, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS_MAX", 0.01)
    redis = bus.connect(servers.redis_url)

    def make() -> Worker:
        redactor = Redactor(engine, redis, stream="messaging.events").worker()
        return {one.name: one for one in [*Sweeper(engine, LIMITS).workers(), redactor]}[name]

    await assert_ends(make)

    await redis.aclose()
