"""What was deleted can be found, and taken out, without reading whole tables."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        "create index channels_deleted on channels (deleted_at) where deleted_at is not null",
        "create index spaces_deleted on spaces (deleted_at) where deleted_at is not null",
        "create index read_markers_channel on read_markers (channel_id)",
    ):
        op.execute(statement)
