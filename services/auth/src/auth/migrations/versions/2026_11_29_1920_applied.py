"""The log's tables are the same in every service."""

from streams.migration import create_applied

revision = "2026_11_29_1920"
down_revision = "2026_11_23_1315"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_applied()
