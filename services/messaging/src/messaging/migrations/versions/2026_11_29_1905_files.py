"""Messages keep what their attachments are; null where that was never asked."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table messages add column files jsonb")
