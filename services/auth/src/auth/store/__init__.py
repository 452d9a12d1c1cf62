"""Tables and every query; gives and takes domain values; never commits."""

from auth.store import keys, security, services, sessions, users

__all__ = ["keys", "security", "services", "sessions", "users"]
