"""What speakers had erased: tracks, their segments, whether the store has forgotten them; and the ledger says so."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        "alter table tracks add column erased_at timestamptz",
        "alter table segments add column erased_at timestamptz, add column removed_at timestamptz",
        "alter table consents add column erased boolean not null default false",
        "create index segments_erased on segments (erased_at) where erased_at is not null and removed_at is null",
        "create index tracks_erased on tracks (recording_id) where erased_at is not null and sha256 is null",
    ):
        op.execute(statement)
