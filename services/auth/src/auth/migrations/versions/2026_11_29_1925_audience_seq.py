"""The log as every service has it."""

from streams.migration import add_audience_seq

revision = "2026_11_29_1925"
down_revision = "2026_11_29_1920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_audience_seq()
