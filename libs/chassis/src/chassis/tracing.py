"""Traces: one from the HTTP request through the streams to the socket, in W3C Trace Context."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased

from chassis.settings import ServiceSettings

log = structlog.get_logger()
tracer: Final = trace.get_tracer("guildhall")

HEALTH_PATHS: Final = frozenset({"/livez", "/readyz", "/startupz"})


def configure(service: str, settings: ServiceSettings) -> None:
    """Send spans to the collector when one is named; without one only ids are made and passed on."""
    endpoint = settings.otel_exporter_otlp_endpoint
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), sampler=ParentBased(ALWAYS_ON if endpoint else ALWAYS_OFF)
    )
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)


def traceparent() -> str:
    """The current position as a W3C traceparent, to be sent along; empty outside any trace."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """The current trace id in hex, to be told to people; empty outside any trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def continued(name: str, parent: str, kind: trace.SpanKind = trace.SpanKind.CONSUMER) -> Generator[trace.Span]:
    """Go on with the trace whose traceparent came with a message."""
    context = propagate.extract({"traceparent": parent}) if parent else None
    with tracer.start_as_current_span(name, context=context, kind=kind) as span:
        yield span


def observe(app: ASGIApp) -> ASGIApp:
    """Around the whole application, unknown addresses included: a span and a log line per HTTP request.

    What succeeds is logged at debug only.
    """

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in HEALTH_PATHS:
            await app(scope, receive, send)
            return
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
        started = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with continued(f"{scope['method']} {scope['path']}", parent, trace.SpanKind.SERVER) as span:
            try:
                await app(scope, receive, watch)
            finally:
                span.set_attribute("http.response.status_code", status)
                say = log.info if status >= 400 else log.debug
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                say("request.answered", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)

    return observed
