"""The log's tables; every service that tells events has them in its own schema."""

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint, Uuid

metadata = MetaData()

topic_heads = Table(
    "topic_heads",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The last `seq` of each topic. Its row is locked by whoever tells something, until that transaction ends."""

log = Table(
    "log",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("trace", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("audience_seq", BigInteger),
    UniqueConstraint("topic", "seq", name="log_topic_seq"),
)
"""What happened, kept for days: the relay's unsent rows, the clients' resume, the audit. `data` is JSON. `audience_seq`
is the position of the topic that decides who may see the event, at which that was decided."""

Index("log_unsent", log.c.position, postgresql_where=log.c.sent_at.is_(None))
Index("log_at", log.c.at)

redactions = Table(
    "log_redactions",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
)
"""Rows of the log that lost words which the Redis stream may still have."""

inbox = Table(
    "inbox",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""Events whose effect this service has had, each by the reader that had it."""

Index("inbox_at", inbox.c.at)

applied = Table(
    "applied",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""The last event that each row of a projection has seen; the row "" is the topic as a whole."""

Index("applied_at", applied.c.at)
