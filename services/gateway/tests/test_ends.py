"""Each worker of the realtime edge meets an outage and a bug, and ends as it should."""

import pytest

from chassis import background
from chassis.background import Worker
from chassis.settings import Secret
from gateway.clients import Services
from gateway.realtime import people
from gateway.realtime.heartbeat import Heartbeat
from gateway.realtime.hub import Hub
from gateway.realtime.people import People
from streams import bus
from testkit.ends import assert_ends

from .conftest import Gateway

NAMES = ["topics", "heartbeat", "presence listen", "presence speak", "presence lease"]


@pytest.mark.parametrize("name", NAMES)
async def test_an_outage_is_waited_out_and_a_bug_that_repeats_ends_the_process(
    gateway: Gateway, redis_url: Secret, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS_MAX", 0.01)
    monkeypatch.setattr(people, "LISTEN_SECONDS", 0.01)
    redis = bus.connect(redis_url.reveal())

    def make() -> Worker:
        settings, others = gateway.settings, People(redis, gateway.settings)
        hub = others.hub = Hub(Services(settings), settings, others)
        workers = [hub.worker(), Heartbeat(hub, settings).worker(), *others.workers()]
        return {one.name: one for one in workers}[name]

    await assert_ends(make)

    await redis.aclose()
