"""Tables and every query; gives and takes domain values; never commits."""

from auth.store import identities, keys, mails, proofs, security, services, sessions, users

__all__ = ["identities", "keys", "mails", "proofs", "security", "services", "sessions", "users"]
