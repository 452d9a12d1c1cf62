"""Rules: frozen structs, pure functions, refusals; no clock, no random, no I/O."""
