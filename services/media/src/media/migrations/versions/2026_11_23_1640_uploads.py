"""Uploads, when each is to be looked after next, and how much of its quota every space has used."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        """create table uploads (
            id uuid primary key, space_id uuid not null, user_id uuid not null, channel_id uuid, state text not null,
            filename text not null, size bigint not null, content_type text not null, sha256 text not null,
            reason text, etag text, created_at timestamptz not null, expires_at timestamptz not null,
            due_at timestamptz)""",
        "create index uploads_due on uploads (due_at) where due_at is not null",
        "create index uploads_space on uploads (space_id)",
        "create index uploads_channel on uploads (channel_id) where channel_id is not null",
        "create table quotas (space_id uuid primary key, used_bytes bigint not null)",
    ):
        op.execute(statement)
