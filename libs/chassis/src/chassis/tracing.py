"""Traces: one from the HTTP request through the streams to the socket, in W3C Trace Context."""

import random
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from chassis.settings import ServiceSettings

log = structlog.get_logger()
tracer: Final = trace.get_tracer("guildhall")

_TRACEPARENT: Final = re.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")

HEALTH_PATHS: Final = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})


def configure(service: str, settings: ServiceSettings) -> None:
    """Send spans to the collector when one is named; without one only ids are made and passed on."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint:
        provider = TracerProvider(resource=Resource.create({"service.name": service}), sampler=ParentBased(ALWAYS_ON))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
        trace.set_tracer_provider(provider)
    else:
        trace.set_tracer_provider(trace.NoOpTracerProvider())  # else it is looked for anew at every request


def traceparent() -> str:
    """The current position as a W3C traceparent, to be sent along; empty outside any trace."""
    here = trace.get_current_span().get_span_context()
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}" if here.is_valid else ""


def trace_id() -> str:
    """The current trace id in hex, to be told to people; empty outside any trace."""
    here = trace.get_current_span().get_span_context()
    return f"{here.trace_id:032x}" if here.is_valid else ""


@contextmanager
def continued(name: str, parent: str, kind: trace.SpanKind = trace.SpanKind.CONSUMER) -> Generator[trace.Span]:
    """Go on with the trace whose traceparent came with a message, or begin one."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        carried = propagate.extract({"traceparent": parent}) if parent else None
        with tracer.start_as_current_span(name, context=carried, kind=kind) as span:
            yield span
        return
    unrecorded = trace.NonRecordingSpan(_next_position(parent))
    token = context.attach(trace.set_span_in_context(unrecorded))
    try:
        yield unrecorded
    finally:
        context.detach(token)


@contextmanager
def recorded(name: str, parent: str) -> Generator[str]:
    """For one of many things done at once: a span where spans are recorded, and the traceparent to pass on."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        yield parent
        return
    with continued(name, parent, trace.SpanKind.SERVER):
        yield traceparent()


def _next_position(parent: str) -> trace.SpanContext:
    """Ids for a span that nobody records: a fraction of what a recorded one costs."""
    bits = random.getrandbits(192)
    matched = _TRACEPARENT.fullmatch(parent) if parent else None
    known = int(matched[1], 16) if matched else 0
    flags = trace.TraceFlags(int(matched[2], 16)) if matched else trace.TraceFlags(0)
    return trace.SpanContext(known or bits >> 64, bits & 0xFFFF_FFFF_FFFF_FFFF or 1, False, flags)


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
