"""The last step of a trace: from the stream to the sockets."""

from typing import Final

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind

from contracts.events import Envelope

_tracer: Final = trace.get_tracer("guildhall.gateway")


def span_of(envelope: Envelope) -> Span:
    """Begin the span in which an event is written to the sockets of its topic's watchers."""
    return _tracer.start_span(
        "tell sockets",
        context=propagate.extract({"traceparent": envelope.trace}),
        kind=SpanKind.CONSUMER,
        attributes={"topic": envelope.topic, "seq": envelope.seq, "type": envelope.type},
    )
