"""How events travel between services: outbox = log, relay, Redis Streams, readers; in order, effect once."""
