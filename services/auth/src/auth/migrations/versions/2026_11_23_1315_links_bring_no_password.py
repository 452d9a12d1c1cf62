"""Links that confirm an address bring no password any more: those under way, which do, must not work."""

from alembic import op

revision = "2026_11_23_1315"
down_revision = "2026_11_23_0310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("delete from mail_tokens where purpose = 'verify-email'")
