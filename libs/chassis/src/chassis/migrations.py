"""Bring a service's schema up to date: Alembic, under a lock, with time limits for statements and locks."""

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text

from chassis.database import advisory_lock, connect, until_up
from chassis.settings import Secret

LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


async def upgrade(url: Secret, *, schema: str, package: str) -> None:
    """Run all migrations of `package` that have not run yet. Copies that start together wait for one another.

    A database that is still starting is waited for, a minute at most; then its own error is raised.
    """
    engine = connect(url, schema=schema, connections_max=1)
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
    command.upgrade(config, "head")


def run_migrations() -> None:
    """What a service's `migrations/env.py` calls."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], version_table_schema=attributes["schema"])
    with context.begin_transaction():
        context.run_migrations()
