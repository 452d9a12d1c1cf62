"""A thousand sockets dropped and back at once, and the trace of one event to them."""

import asyncio
import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.realtime import traces

from .client import until
from .conftest import Gateway, StartGateway
from .services import Person, Services
from .told import message, messages

CROWD = 1000


async def come_back(gateway: Gateway, person: Person, seen: list[int], last: int) -> None:
    """Connect, resume after what was seen, and hear until `last`."""
    client = await gateway.client(person)
    await client.say("watch", topics={"channel:1": seen[-1]})
    while seen[-1] < last:
        frame = await client.hear()
        if frame["op"] == "event":
            seen.append(frame["seq"])


class TestMassReconnect:
    async def test_loses_nothing_repeats_nothing_and_asks_the_log_once(
        self, start_gateway: StartGateway, services: Services, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        services.write("channel:1", *messages(60))
        histories: list[list[int]] = [list(range(1, 41 + number % 20)) for number in range(CROWD)]
        gateway = await start_gateway(sockets_per_user_max=CROWD, hello_seconds=60.0, heartbeat_seconds=600)

        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for seen in histories:
                tasks.create_task(come_back(gateway, ada, seen, 80))
            for _ in range(20):
                await services.tell("channel:1", message())
        seconds = time.perf_counter() - began

        assert all(seen == list(range(1, 81)) for seen in histories)
        assert len(services.log_calls) == 1
        with capsys.disabled():
            print(f"\n{CROWD} sockets caught up after {seconds:.2f} s (their clients' work included)")  # noqa: T201


class TestTrace:
    async def test_goes_on_from_the_stream_to_the_socket(
        self, gateway: Gateway, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        monkeypatch.setattr(traces, "_tracer", trace.get_tracer("test", tracer_provider=provider))
        ada = services.person()
        services.open("channel:1", ada)
        client = await gateway.client(ada)
        await client.watch("channel:1")

        await services.tell("channel:1", message(), trace=f"00-{'1' * 32}-{'2' * 16}-01")
        await services.tell("channel:1", message(), trace=f"00-{'1' * 32}-{'2' * 16}-00")
        await client.hear("event")
        await client.hear("event")
        await until(lambda: bool(exporter.get_finished_spans()))
        (span,) = exporter.get_finished_spans()
        provider.shutdown()

        assert span.context is not None
        assert span.parent is not None
        assert f"{span.context.trace_id:032x}" == "1" * 32
        assert f"{span.parent.span_id:016x}" == "2" * 16
        assert dict(span.attributes or {}) == {"topic": "channel:1", "seq": 1, "type": "messaging.message_posted.v1"}
