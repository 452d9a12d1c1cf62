"""What creating requests were answered, by their `Idempotency-Key`.

`requests`, which stored that for recordings, stays for copies of the release before this one; nothing else reads it.
"""

from chassis.idempotency import create_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table()
