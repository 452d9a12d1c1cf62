"""Where in which trace we are, as W3C Trace Context, for events that go on elsewhere."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import propagate, trace

_tracer = trace.get_tracer("guildhall.streams")


def traceparent() -> str:
    """The current position; empty outside any trace."""
    here = trace.get_current_span().get_span_context()
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}" if here.is_valid else ""


@contextmanager
def continued(name: str, parent: str) -> Generator[trace.Span]:
    """Go on with the trace an event came from."""
    context = propagate.extract({"traceparent": parent}) if parent else None
    with _tracer.start_as_current_span(name, context=context, kind=trace.SpanKind.CONSUMER) as span:
        yield span
