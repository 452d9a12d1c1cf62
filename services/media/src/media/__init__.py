"""Recordings: who wants one, who makes it, what was recorded."""
