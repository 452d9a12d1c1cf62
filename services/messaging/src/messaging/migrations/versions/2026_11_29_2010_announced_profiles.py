"""When a person's profile was last announced to their spaces, and whether it has changed since; where links are."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        "alter table people add column announced_at timestamptz, add column unannounced bool not null default false",
        "create index messages_links on messages (channel_id, id)"
        " where content ~* 'https?://' and kind = 'text' and deleted_at is null",
        "create index people_unannounced on people (announced_at) where unannounced",
    ):
        op.execute(statement)
