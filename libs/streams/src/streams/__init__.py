"""The one road between services: outbox = log, relay, Redis Streams, readers; in order, effect once."""
