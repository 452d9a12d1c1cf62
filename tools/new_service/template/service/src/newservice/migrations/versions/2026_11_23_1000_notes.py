"""Notes, their counts, and the log."""

from alembic import op

from streams.migration import add_audience_seq, create_applied, create_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables()
    create_applied()
    add_audience_seq()
    op.execute(
        "create table notes (id uuid primary key, author_id uuid not null, text text not null,"
        " created_at timestamptz not null)"
    )
    op.execute("create index notes_author on notes (author_id, id)")
    op.execute("create table note_counts (author_id uuid primary key, notes bigint not null)")
