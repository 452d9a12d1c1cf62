"""Which messages show an upload, and recordings that go with their space."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        """create table attachments (
            upload_id uuid not null references uploads on delete cascade, message_id uuid not null,
            channel_id uuid not null, deleted boolean not null, primary key (upload_id, message_id))""",
        "create index attachments_channel on attachments (channel_id)",
        "alter table uploads add column holds int not null default 0, add column held_until timestamptz",
        "create index uploads_reserved on uploads (user_id, created_at) where state = 'reserved'",
        "alter table recordings add column purge_at timestamptz",
        "create index recordings_purge on recordings (purge_at) where purge_at is not null",
    ):
        op.execute(statement)
