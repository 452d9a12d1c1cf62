"""Spaces with their members, channels with their messages, and the log."""

from alembic import op

from streams.migration import create_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Statements as PostgreSQL reads them: this is the one place where the shape of a table is decided."""
    create_tables()
    for statement in (*PEOPLE, *CHANNELS, *MESSAGES, *READING, AUDIT, AUDIT_INDEX):
        op.execute(statement)


PEOPLE = (
    """create table people (
        id uuid primary key, display_name text not null, avatar_url text)""",
    """create table spaces (
        id uuid primary key, name text not null, guild_id text, welcome_channel_id uuid,
        created_at timestamptz not null, archived_at timestamptz, deleted_at timestamptz)""",
    "create unique index spaces_guild on spaces (guild_id) where deleted_at is null",
    """create table members (
        space_id uuid not null references spaces, user_id uuid not null, role text not null,
        joined_at timestamptz not null, primary key (space_id, user_id))""",
    "create index members_user on members (user_id)",
    """create table bans (
        space_id uuid not null references spaces, user_id uuid not null, banned_by uuid not null, reason text not null,
        at timestamptz not null, primary key (space_id, user_id))""",
    """create table invites (
        code text primary key, space_id uuid not null references spaces, created_by uuid not null,
        created_at timestamptz not null, expires_at timestamptz not null, max_uses int, uses int not null default 0,
        revoked_at timestamptz)""",
    "create index invites_space on invites (space_id)",
)

CHANNELS = (
    """create table channels (
        id uuid primary key, space_id uuid not null references spaces, name text not null, topic text not null,
        private boolean not null, parent_id uuid references channels, parent_message_id uuid unique,
        recording_id uuid unique, created_at timestamptz not null, archived_at timestamptz, deleted_at timestamptz)""",
    "create index channels_space on channels (space_id)",
    "create index channels_parent on channels (parent_id)",
    """create table overrides (
        channel_id uuid not null references channels, subject text not null, allow int not null, deny int not null,
        primary key (channel_id, subject))""",
)

# No foreign keys here: channels are never removed, and each key would cost every post a lock and a look-up.
MESSAGES = (
    """create table messages (
        channel_id uuid not null, id uuid not null, seq bigint not null, author_id uuid not null, kind text not null,
        content text not null, nonce text, nonce_key uuid unique, fingerprint bytea, reply_to uuid,
        attachments uuid[] not null,
        mentions text[] not null, at_ms bigint, rev int not null,
        created_at timestamptz not null, edited_at timestamptz, deleted_at timestamptz, pinned_at timestamptz,
        words tsvector generated always as (to_tsvector('simple', content)) stored,
        primary key (channel_id, id), constraint messages_place unique (channel_id, seq))""",
    "create index messages_pinned on messages (channel_id, pinned_at) where pinned_at is not null",
    "create index messages_words on messages using gin (words)",
    """create table revisions (
        message_id uuid not null, rev int not null, content text not null, at timestamptz not null,
        primary key (message_id, rev))""",
    """create table reactions (
        message_id uuid not null, emoji text not null collate "C", user_id uuid not null, at timestamptz not null,
        primary key (message_id, emoji, user_id))""",
)

READING = (
    """create table mentions (
        channel_id uuid not null, seq bigint not null, subject text not null,
        primary key (channel_id, seq, subject))""",
    """create table read_markers (
        user_id uuid not null, channel_id uuid not null, seq bigint not null, primary key (user_id, channel_id))""",
)

AUDIT = """create table audit (
    id uuid primary key, space_id uuid not null, actor_id uuid not null, action text not null, target text not null,
    before jsonb, after jsonb, at timestamptz not null)"""
AUDIT_INDEX = "create index audit_space on audit (space_id, id)"
