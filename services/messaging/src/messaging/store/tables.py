"""The tables as queries name them; their shape is decided by the migrations."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import BigInteger, Integer

metadata = MetaData()

Moment = DateTime(timezone=True)

people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("display_name", Text),
    Column("avatar_url", Text),
)
spaces = Table(
    "spaces",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("guild_id", Text),
    Column("welcome_channel_id", Uuid),
    Column("created_at", Moment),
    Column("archived_at", Moment),
    Column("deleted_at", Moment),
)
members = Table(
    "members",
    metadata,
    Column("space_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("role", Text),
    Column("joined_at", Moment),
)
bans = Table(
    "bans",
    metadata,
    Column("space_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("banned_by", Uuid),
    Column("reason", Text),
    Column("at", Moment),
)
invites = Table(
    "invites",
    metadata,
    Column("code", Text, primary_key=True),
    Column("space_id", Uuid),
    Column("created_by", Uuid),
    Column("created_at", Moment),
    Column("expires_at", Moment),
    Column("max_uses", Integer),
    Column("uses", Integer),
    Column("revoked_at", Moment),
)
channels = Table(
    "channels",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("space_id", Uuid),
    Column("name", Text),
    Column("topic", Text),
    Column("private", Boolean),
    Column("parent_id", Uuid),
    Column("parent_message_id", Uuid),
    Column("recording_id", Uuid),
    Column("created_at", Moment),
    Column("archived_at", Moment),
    Column("deleted_at", Moment),
)
overrides = Table(
    "overrides",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("allow", Integer),
    Column("deny", Integer),
)
messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel_id", Uuid),
    Column("seq", BigInteger),
    Column("author_id", Uuid),
    Column("kind", Text),
    Column("content", Text),
    Column("nonce", Text),
    Column("nonce_key", Uuid),
    Column("fingerprint", LargeBinary),
    Column("reply_to", Uuid),
    Column("attachments", ARRAY(Uuid)),
    Column("files", JSONB(none_as_null=True)),
    Column("mentions", ARRAY(Text)),
    Column("at_ms", BigInteger),
    Column("rev", Integer),
    Column("created_at", Moment),
    Column("edited_at", Moment),
    Column("deleted_at", Moment),
    Column("pinned_at", Moment),
    Column("words", TSVECTOR),
)
revisions = Table(
    "revisions",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("rev", Integer, primary_key=True),
    Column("content", Text),
    Column("at", Moment),
)
reactions = Table(
    "reactions",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("emoji", Text, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("at", Moment),
)
mentions = Table(
    "mentions",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("subject", Text, primary_key=True),
)
read_markers = Table(
    "read_markers",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, primary_key=True),
    Column("seq", BigInteger),
)
erased_people = Table(
    "erased_people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger),
)
"""Whose name is still to be taken out of the log, and up to which of its rows that is done."""

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("space_id", Uuid),
    Column("actor_id", Uuid),
    Column("action", Text),
    Column("target", Text),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("at", Moment),
)
