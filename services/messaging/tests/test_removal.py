"""Removal knows every table: one that is added and forgotten would keep what was deleted, or stop the sweep."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from messaging.store.removal import OF_CHANNEL, OF_SPACE

REFERRING = text("""
    select distinct conrelid::regclass::text from pg_constraint
    where contype = 'f' and confrelid = cast(:target as regclass)
    union
    select table_name::text from information_schema.columns
    where table_schema = 'messaging' and column_name = :column
""")
ELSEWHERE = {"channels": {"messages", "channels"}, "spaces": {"channels"}}
"""Messages leave before the other rows of a channel; channels leave before their space."""


async def referring(connection: AsyncConnection, target: str, column: str) -> set[str]:
    found = await connection.scalars(REFERRING, {"target": target, "column": column})
    return set(found) - ELSEWHERE[target]


class TestRemoval:
    @pytest.mark.parametrize(
        ("target", "column", "known"), [("channels", "channel_id", OF_CHANNEL), ("spaces", "space_id", OF_SPACE)]
    )
    async def test_knows_every_table_that_points_there(
        self, engine: AsyncEngine, target: str, column: str, known: dict[str, str]
    ) -> None:
        async with engine.connect() as connection:
            tables = await referring(connection, target, column)

        assert tables - known.keys() == set()

    async def test_learns_of_a_new_table(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(text("create table pins (channel uuid references channels)"))
            tables = await referring(connection, "channels", "channel_id")
            await connection.rollback()

        assert "pins" in tables
