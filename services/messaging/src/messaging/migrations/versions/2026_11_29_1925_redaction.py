"""Words leave the log with their message, and events know at which position their audience was decided."""

from alembic import op

from streams.migration import add_audience_seq, create_redactions

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_audience_seq()
    create_redactions()
    for statement in (
        "create index log_edits on log (topic, seq) where type = 'messaging.message_edited.v1'",
        "create table erased_people (id uuid primary key, position bigint not null)",
    ):
        op.execute(statement)
