"""The migration step makes the tables that the queries expect."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import async_url
from chassis.settings import Secret
from streams import migration, tables


class TestCreateTables:
    async def test_makes_what_the_queries_expect(self, bare_database: Secret) -> None:
        engine = create_async_engine(async_url(bare_database))

        def differences(connection: Connection) -> list[object]:
            context = MigrationContext.configure(connection)
            with Operations.context(context):
                migration.create_tables()
                migration.create_applied()
                migration.add_audience_seq()
                migration.create_redactions()
            return list(compare_metadata(context, tables.metadata))

        async with engine.begin() as connection:
            assert await connection.run_sync(differences) == []
        await engine.dispose()
