"""Metrics of the event path between services."""

from chassis import metrics

relay_lag = metrics.histogram("streams_relay_lag_seconds", "Age of the oldest row of a batch when it reached Redis")
dead_letters = metrics.counter("streams_dead_letters", "Entries given up after repeated failure; each needs a person")
unreadable = metrics.counter("streams_unreadable_entries", "Entries that are no envelope")
