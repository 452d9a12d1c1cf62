"""Rules of recordings: values and pure functions."""
