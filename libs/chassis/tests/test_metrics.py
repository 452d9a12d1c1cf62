"""Metrics are there: each with its help, counted as plain integers, shown on the service's own port."""

from collections.abc import AsyncGenerator
from typing import ClassVar

import httpx
import pytest
from opentelemetry.metrics import CallbackOptions

from chassis import metrics
from chassis.app import create_app
from chassis.background import Supervisor, WakeUp, Worker
from chassis.settings import ServiceSettings
from testkit.serving import serving
from testkit.waiting import eventually

counted = metrics.counter("chassis_test_things", "What the tests count")
open_now = metrics.level("chassis_test_open_things", "What the tests have open")
took = metrics.histogram("chassis_test_seconds", "How long the tests take")


class Public(ServiceSettings, frozen=True, kw_only=True):
    """Of a service that strangers reach."""

    IS_PUBLIC: ClassVar[bool] = True


@pytest.fixture
async def worker() -> Worker:
    async def step() -> None: ...

    return Worker("counting", step, wait=WakeUp())


@pytest.fixture
async def client(worker: Worker) -> AsyncGenerator[httpx.AsyncClient]:
    settings = ServiceSettings(port=0)
    app = create_app("try", settings, routes=[], checks={}, dependencies={}, supervisor=Supervisor(worker))
    async with serving(app, base_url="http://try") as asking:
        yield asking


class TestMetrics:
    async def test_name_every_instrument_with_its_help(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/metrics")

        assert answer.headers["content-type"].startswith("text/plain")
        for name, help_text in metrics.INSTRUMENTS.items():
            assert f"# HELP {name}" in answer.text
            assert help_text in answer.text

    async def test_show_what_was_counted(self, client: httpx.AsyncClient) -> None:
        counted.add(2, {"color": "red"})
        counted.add(3, {"color": "red"})
        open_now.add(5)
        open_now.add(-1)
        took.record(0.03)

        text = (await client.get("/metrics")).text

        assert 'chassis_test_things_total{color="red"} 5.0' in text
        assert "chassis_test_open_things 4.0" in text
        assert 'chassis_test_seconds_bucket{le="0.025"} 0.0' in text
        assert 'chassis_test_seconds_bucket{le="0.05"} 1.0' in text

    async def test_show_each_worker(self, client: httpx.AsyncClient, worker: Worker) -> None:
        async def stepped() -> bool:
            return worker.steps == 1

        await eventually(stepped)
        text = (await client.get("/metrics")).text

        assert 'chassis_worker_steps_total{worker="counting"} 1.0' in text
        assert 'chassis_worker_failures_total{kind="poison",worker="counting"} 0.0' in text
        assert 'chassis_worker_lag_seconds{worker="counting"} 0.0' in text
        assert 'chassis_worker_last_success_seconds{worker="counting"}' in text

    @pytest.mark.parametrize(
        ("peer", "headers", "status"),
        [
            ("127.0.0.1", {}, 200),
            ("192.0.2.1", {}, 404),
            ("127.0.0.1", {"x-forwarded-for": "192.0.2.1"}, 404),
            ("127.0.0.1", {"forwarded": "for=192.0.2.1"}, 404),
        ],
    )
    async def test_of_a_public_port_are_shown_to_this_machine_alone(
        self, peer: str, headers: dict[str, str], status: int
    ) -> None:
        app = create_app("try", Public(port=0), routes=[], checks={}, dependencies={})
        async with serving(app, base_url="http://try", peer=peer) as asking:
            assert (await asking.get("/metrics", headers=headers)).status_code == status

    def test_have_names_of_their_own(self) -> None:
        with pytest.raises(ValueError, match="already"):
            metrics.counter("chassis_test_things", "again")

    def test_are_zero_before_anything_was_counted(self) -> None:
        [zero] = metrics.Count().observe(CallbackOptions())

        assert zero.value == 0
