"""What the edge measures of itself."""

from chassis import metrics

sockets = metrics.level("gateway_sockets", "Open sockets")
deliveries = metrics.counter("gateway_deliveries", "Event frames written to sockets")
closed = metrics.counter("gateway_sockets_closed", "Sockets closed by us, by close code")
fan_out = metrics.histogram("gateway_fan_out_seconds", "From the event's moment to its frames being written")
log_calls = metrics.counter("gateway_log_calls", "Reads of an owner's log")
limits_unavailable = metrics.counter(
    "gateway_limits_unavailable", "Requests let pass because the rate limits' Redis did not answer"
)
undecodable = metrics.counter(
    "gateway_undecodable_events", "Events and presence messages that were passed over, by where they came from"
)
