"""Alembic runs this; how is the chassis' matter."""

from chassis.migrations import run_migrations

run_migrations()
