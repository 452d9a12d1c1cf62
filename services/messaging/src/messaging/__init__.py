"""Spaces, members, channels and messages: what a community says, kept."""
