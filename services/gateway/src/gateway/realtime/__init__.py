"""The realtime edge: sockets, topics, and the hub that joins them."""
