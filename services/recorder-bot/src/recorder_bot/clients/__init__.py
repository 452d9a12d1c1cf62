"""Calls to other systems: media, the object store, Discord."""
