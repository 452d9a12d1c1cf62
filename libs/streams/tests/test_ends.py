"""Each worker of the event path between services meets an outage and a bug, and ends as it should."""

from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import background
from chassis.background import Worker
from contracts.events import Envelope
from streams.consumer import ConsumerGroup, ConsumerSettings
from streams.relay import Relay
from streams.subscriber import BroadcastSubscriber
from testkit.ends import assert_ends

from .conftest import QUICK, STREAM


async def nothing(_: Envelope) -> None: ...


MAKERS: dict[str, Callable[[AsyncEngine, Redis], Worker]] = {
    "relay": lambda engine, redis: Relay(engine, redis, stream=STREAM, settings=QUICK).worker(),
    "consumer": lambda _, redis: ConsumerGroup(
        redis, streams=[STREAM], group="ends", effect=nothing, settings=ConsumerSettings(block_ms=20)
    ).worker(),
    "subscriber": lambda _, redis: BroadcastSubscriber(
        redis, streams=[STREAM], deliver=lambda _: None, block_ms=20
    ).worker(),
}


@pytest.mark.parametrize("name", MAKERS)
async def test_an_outage_is_waited_out_and_a_bug_that_repeats_ends_the_process(
    engine: AsyncEngine, redis: Redis, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS_MAX", 0.01)

    await assert_ends(lambda: MAKERS[name](engine, redis))
