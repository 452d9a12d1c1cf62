"""The tables as queries name them; their shape is decided by the migrations."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger, Integer

metadata = MetaData()

Moment = DateTime(timezone=True)
Json = JSONB(none_as_null=True)

guilds = Table("guilds", metadata, Column("guild_id", Text, primary_key=True), Column("space_id", Uuid))
members = Table(
    "members",
    metadata,
    Column("space_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("role", Text),
)
identities = Table("identities", metadata, Column("discord_id", Text, primary_key=True), Column("user_id", Uuid))

recordings = Table(
    "recordings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("space_id", Uuid),
    Column("guild_id", Text),
    Column("voice_channel_id", Text),
    Column("text_channel_id", Text),
    Column("title", Text),
    Column("state", Text),
    Column("requested_by", Uuid),
    Column("requested_by_discord", Text),
    Column("channel_id", Uuid),
    Column("warnings", Json),
    Column("duration_ms", BigInteger),
    Column("stop_reason", Text),
    Column("failure", Text),
    Column("created_at", Moment),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("deleted_at", Moment),
    Column("anchor", Json),
    Column("touched_at", Moment),
    Column("uploaded_at", Moment),
    Column("lease_id", Uuid),
    Column("lease_identity", Text),
    Column("lease_holder", Text),
    Column("lease_expires_at", Moment),
    Column("purge_at", Moment),
)
tracks = Table(
    "tracks",
    metadata,
    Column("recording_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("discord_id", Text),
    Column("name", Text),
    Column("ssrcs", ARRAY(BigInteger)),
    Column("packets", Json),
    Column("sha256", Text),
    Column("erased_at", Moment),
)
segments = Table(
    "segments",
    metadata,
    Column("recording_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer),
    Column("key", Text),
    Column("first_sample", BigInteger),
    Column("last_sample", BigInteger),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("gaps", Json),
    Column("measured", Json),
    Column("reserved_at", Moment),
    Column("acknowledged_at", Moment),
    Column("erased_at", Moment),
    Column("removed_at", Moment),
)
gaps = Table(
    "gaps",
    metadata,
    Column("recording_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True),
    Column("length_ms", BigInteger),
    Column("cause", Text, primary_key=True),
)
notes = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("recording_id", Uuid),
    Column("at_ms", BigInteger),
    Column("text", Text),
    Column("author_id", Uuid),
    Column("author_discord_id", Text),
    Column("created_at", Moment),
)
consents = Table(
    "consents",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("space_id", Uuid),
    Column("recording_id", Uuid),
    Column("discord_id", Text),
    Column("choice", Text),
    Column("at", Moment),
    Column("erased", Boolean),
)
uploads = Table(
    "uploads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("space_id", Uuid),
    Column("user_id", Uuid),
    Column("channel_id", Uuid),
    Column("state", Text),
    Column("filename", Text),
    Column("size", BigInteger),
    Column("content_type", Text),
    Column("sha256", Text),
    Column("reason", Text),
    Column("etag", Text),
    Column("created_at", Moment),
    Column("expires_at", Moment),
    Column("due_at", Moment),
    Column("holds", Integer),
    Column("held_until", Moment),
    Column("width", Integer),
    Column("height", Integer),
)
attachments = Table(
    "attachments",
    metadata,
    Column("upload_id", Uuid, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("channel_id", Uuid),
    Column("deleted", Boolean),
)
quotas = Table("quotas", metadata, Column("space_id", Uuid, primary_key=True), Column("used_bytes", BigInteger))
