"""One trace runs from the HTTP request through both services and the stream to the socket frame."""

import asyncio
import shutil
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from testkit import folders
from testkit.client import Listener, Person
from testkit.runs import Run
from testkit.waiting import eventually, running

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Receives spans as an OpenTelemetry collector does (OTLP over HTTP), and keeps what belongs to one trace."""

    def __init__(self) -> None:
        self.spans: set[tuple[str, str]] = set()
        """Which service did what."""

    async def receive(self, request: web.Request) -> web.Response:
        exported = ExportTraceServiceRequest.FromString(await request.read())
        for resource in exported.resource_spans:
            service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            for scope in resource.scope_spans:
                self.spans |= {(service, span.name) for span in scope.spans if span.trace_id.hex() == TRACE}
        return web.Response()


@pytest.fixture
async def collector() -> AsyncGenerator[tuple[Collector, str]]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def traced_run(collector: tuple[Collector, str]) -> AsyncGenerator[Run]:
    folder = folders.make()
    run = Run(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector[1], OTEL_BSP_SCHEDULE_DELAY="200")
    await asyncio.to_thread(run.start)
    yield run
    await asyncio.to_thread(run.end)
    shutil.rmtree(folder, ignore_errors=True)


class TestATrace:
    async def test_runs_from_the_request_to_the_socket_frame(
        self, collector: tuple[Collector, str], traced_run: Run, http: aiohttp.ClientSession
    ) -> None:
        ann = await Person.register(http, traced_run.url, "Ann")
        _, channel_id = await ann.make_space("Traced")
        listener = Listener(ann, {f"channel:{channel_id}": 0})
        seen = collector[0]

        async with running(listener.run()):
            await asyncio.wait_for(listener.watching.wait(), 30)
            await ann.call(
                "POST",
                f"/api/v1/channels/{channel_id}/messages",
                {"content": "follow me"},
                headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
            )
            await listener.until(lambda: len(listener.events) == 1)

            async def whole() -> bool:
                return seen.spans >= {
                    ("gateway", "POST to messaging"),
                    ("messaging", f"POST /api/v1/channels/{channel_id}/messages"),
                    ("gateway", "tell sockets"),
                }

            await eventually(whole)
