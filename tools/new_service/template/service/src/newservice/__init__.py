"""Notes that people keep."""
