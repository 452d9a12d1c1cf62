"""The log's tables as a migration step, for the first migration of a service."""

import sqlalchemy as sa
from alembic import op


def create_tables() -> None:
    """Version 1 of the log's tables. Never change it: a later shape is a later function."""
    op.create_table("topic_heads", sa.Column("topic", sa.Text, primary_key=True), _seq())
    op.create_table(
        "log",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        _seq(),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("topic", "seq", name="log_topic_seq"),
    )
    op.create_index("log_unsent", "log", ["position"], postgresql_where=sa.text("sent_at is null"))
    op.create_index("log_at", "log", ["at"])
    op.create_table(
        "inbox",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("inbox_at", "inbox", ["at"])


def create_applied() -> None:
    """What `streams.projection` keeps. Never change it, either."""
    op.create_table(
        "applied",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("row", sa.Text, primary_key=True),
        _seq(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("applied_at", "applied", ["at"])


def add_audience_seq() -> None:
    """At which position of its space's topic an event's audience was decided."""
    op.add_column("log", sa.Column("audience_seq", sa.BigInteger))


def create_redactions() -> None:
    """For services whose events may lose words."""
    op.create_table("log_redactions", sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False))


def _seq() -> "sa.Column[int]":
    return sa.Column("seq", sa.BigInteger, nullable=False)
