"""How large the pictures are that people upload."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table uploads add column width int, add column height int")
