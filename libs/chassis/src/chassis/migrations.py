"""Bring a service's schema up to date: Alembic, under a lock, with time limits for statements and locks."""

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chassis.database import advisory_lock, connect, until_up
from chassis.settings import Secret

LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


class NewerSchema(Exception):
    """The tables are those of a release that this one does not know."""


async def upgrade(url: Secret, *, schema: str, package: str) -> None:
    """Run all migrations of `package` that have not run yet. Copies that start together wait for one another.

    A database that is still starting is waited for, a minute at most; then its own error is raised. Raises
    `NewerSchema` when a newer release has been here.
    """
    # Copies wait for one another without a limit; each step of the migration has its own.
    engine = connect(url, schema=schema, connections_max=1, statement_seconds_max=0, idle_seconds_max=0)
    try:
        await until_up(engine)
        async with engine.begin() as connection:
            await advisory_lock(connection, f"{schema}.migrations")
            await connection.execute(text(f'create schema if not exists "{schema}"'))
            await connection.execute(text(f"set local lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.execute(text(f"set local statement_timeout = '{STATEMENT_TIMEOUT}'"))
            await connection.run_sync(_upgrade, schema, package)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, schema: str, package: str) -> None:
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    _refuse_newer(connection, schema, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, schema: str, scripts: ScriptDirectory) -> None:
    """Alembic itself only says that it can't locate a revision."""
    present = MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := sorted(set(present) - known):
        raise NewerSchema(
            f"its tables were migrated by a newer release: {', '.join(unknown)}, this knows "
            f"{', '.join(sorted(scripts.get_heads()))}; start that release, or restore a backup from before it"
        )


def run_migrations() -> None:
    """What a service's `migrations/env.py` calls."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], version_table_schema=attributes["schema"])
    with context.begin_transaction():
        context.run_migrations()
