"""What the road measures of itself (OpenTelemetry)."""

from opentelemetry import metrics

_meter = metrics.get_meter("guildhall.streams")

relay_lag = _meter.create_histogram(
    "streams_relay_lag_seconds", unit="s", description="Age of the oldest row of a batch when it reached Redis"
)
dead_letters = _meter.create_counter(
    "streams_dead_letters", description="Entries given up after repeated failure; each needs a person"
)
unreadable = _meter.create_counter("streams_unreadable_entries", description="Entries that are no envelope")
