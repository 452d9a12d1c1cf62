"""The log as every service has it."""

from streams.migration import add_audience_seq

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_audience_seq()
