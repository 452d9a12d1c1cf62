"""Which event each row that media keeps of other services has seen."""

from streams.migration import create_applied

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_applied()
