"""What the edge measures of itself (OpenTelemetry)."""

from opentelemetry import metrics

_meter = metrics.get_meter("guildhall.gateway")

sockets = _meter.create_up_down_counter("gateway_sockets", description="Open sockets")
deliveries = _meter.create_counter("gateway_deliveries", description="Event frames written to sockets")
closed = _meter.create_counter("gateway_sockets_closed", description="Sockets closed by us, by close code")
fan_out = _meter.create_histogram(
    "gateway_fan_out_seconds", unit="s", description="From the event's moment to its frames being written"
)
log_calls = _meter.create_counter("gateway_log_calls", description="Reads of an owner's log")
limits_unavailable = _meter.create_counter(
    "gateway_limits_unavailable", description="Requests let pass because the rate limits' Redis did not answer"
)
undecodable = _meter.create_counter(
    "gateway_undecodable", description="Events and presence messages that were passed over, by where they came from"
)
