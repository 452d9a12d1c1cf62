"""Which event each row that messaging keeps of other services has seen."""

from streams.migration import create_applied

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_applied()
