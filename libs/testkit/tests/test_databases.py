"""What `fresh_database` promises."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.settings import Secret
from testkit.plugin import FreshDatabase


async def ask(url: Secret, question: str) -> object:
    engine = create_async_engine(url.reveal())
    try:
        async with engine.begin() as connection:
            return (await connection.execute(text(question))).scalar()
    finally:
        await engine.dispose()


class TestFreshDatabase:
    async def test_a_bare_database_is_empty(self, bare_database: Secret) -> None:
        tables = await ask(bare_database, "select count(*) from pg_tables where schemaname = 'public'")

        assert tables == 0

    async def test_two_databases_do_not_see_each_other(self, fresh_database: FreshDatabase) -> None:
        first, second = await fresh_database(), await fresh_database()

        assert await ask(first, "select current_database()") != await ask(second, "select current_database()")

    async def test_it_is_migrated_for_the_named_service(
        self, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[tuple[str, str]] = []

        async def upgrade(url: Secret, *, schema: str, package: str) -> None:
            calls.append((schema, package))
            engine = create_async_engine(url.reveal())
            async with engine.begin() as connection:
                await connection.execute(text(f"create schema {schema}"))
                await connection.execute(text(f"create table {schema}.made_by_migration ()"))
            await engine.dispose()

        monkeypatch.setattr("chassis.migrations.upgrade", upgrade)

        urls = [await fresh_database("some_service") for _ in range(2)]

        assert calls == [("some_service", "some_service")]
        for url in urls:
            assert await ask(url, "select count(*) from some_service.made_by_migration") == 0
