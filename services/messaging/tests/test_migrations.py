"""Tables that a newer release has been at."""

import pytest
from sqlalchemy import text

from chassis import migrations
from chassis.database import connect
from testkit.plugin import FreshDatabase


class TestMigrate:
    async def test_refuses_tables_of_a_newer_release_by_their_number(self, fresh_database: FreshDatabase) -> None:
        database = await fresh_database("messaging")
        engine = connect(database, schema="messaging", connections_max=1)
        async with engine.begin() as connection:
            await connection.execute(text("update alembic_version set version_num = '9999'"))
        await engine.dispose()

        with pytest.raises(migrations.NewerSchema, match=r"migrated by a newer release: 9999, this knows \w+"):
            await migrations.upgrade(database, schema="messaging", package="messaging")
