"""Recordings with their tracks, segments, gaps, notes and consents; what other services told; the log."""

from alembic import op

from streams.migration import create_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Statements as PostgreSQL reads them: this is the one place where the shape of a table is decided."""
    create_tables()
    for statement in (*TOLD, *RECORDINGS, *TRACKS, *REMARKS):
        op.execute(statement)


TOLD = (
    "create table guilds (guild_id text primary key, space_id uuid not null unique)",
    """create table members (
        space_id uuid not null, user_id uuid not null, role text not null, primary key (space_id, user_id))""",
    "create index members_user on members (user_id)",
    "create table identities (discord_id text primary key, user_id uuid not null)",
    "create index identities_user on identities (user_id)",
)

RECORDINGS = (
    """create table recordings (
        id uuid primary key, space_id uuid not null, guild_id text not null, voice_channel_id text not null,
        text_channel_id text, title text not null, state text not null, requested_by uuid, requested_by_discord text,
        channel_id uuid, warnings jsonb not null, duration_ms bigint not null, stop_reason text, failure text,
        created_at timestamptz not null, started_at timestamptz, finished_at timestamptz, deleted_at timestamptz,
        anchor jsonb, touched_at timestamptz not null, uploaded_at timestamptz,
        lease_id uuid, lease_identity text, lease_holder text, lease_expires_at timestamptz)""",
    "create index recordings_space on recordings (space_id, id)",
    """create unique index recordings_voice_channel on recordings (guild_id, voice_channel_id)
        where state in ('requested', 'joining', 'recording', 'paused')""",
    """create index recordings_open on recordings (touched_at) where state not in ('ready', 'failed')""",
    "create index recordings_deleted on recordings (deleted_at) where deleted_at is not null",
    """create table requests (
        actor text not null, key text not null, fingerprint bytea not null, made_id uuid not null,
        at timestamptz not null, primary key (actor, key))""",
)

TRACKS = (
    """create table tracks (
        recording_id uuid not null references recordings on delete cascade, number int not null,
        discord_id text not null, name text not null, ssrcs bigint[] not null, packets jsonb not null, sha256 text,
        primary key (recording_id, number), constraint tracks_speaker unique (recording_id, discord_id))""",
    """create table segments (
        recording_id uuid not null, id uuid not null, number int not null, key text not null,
        first_sample bigint not null, last_sample bigint not null, size bigint not null, sha256 text not null,
        gaps jsonb not null, measured jsonb, reserved_at timestamptz not null, acknowledged_at timestamptz,
        primary key (recording_id, id),
        foreign key (recording_id, number) references tracks on delete cascade)""",
    "create index segments_track on segments (recording_id, number, first_sample)",
    """create table gaps (
        recording_id uuid not null references recordings on delete cascade, number int not null,
        start_ms bigint not null, length_ms bigint not null, cause text not null,
        primary key (recording_id, number, start_ms, cause))""",
)

REMARKS = (
    """create table notes (
        id uuid primary key, recording_id uuid not null references recordings on delete cascade, at_ms bigint not null,
        text text not null, author_id uuid, author_discord_id text, created_at timestamptz not null)""",
    "create index notes_recording on notes (recording_id, at_ms)",
    """create table consents (
        position bigint generated always as identity primary key, space_id uuid not null, recording_id uuid,
        discord_id text not null, choice text not null, at timestamptz not null)""",
    "create index consents_space on consents (space_id, discord_id, position)",
)
