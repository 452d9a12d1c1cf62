"""HTTP in: decode, call a use case, encode."""
