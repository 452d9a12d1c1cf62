"""The spool: what is on disk until media answers for it."""
