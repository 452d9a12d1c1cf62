"""The database as a service meets it."""

import asyncio
import struct

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from chassis import database
from chassis.settings import Secret
from embedded import Server
from testkit.waiting import eventually

FIELDS = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"
STARTING_UP = b"E" + struct.pack("!i", 4 + len(FIELDS)) + FIELDS


class TestAServerThatIsStillStarting:
    async def test_may_say_so_itself(self) -> None:
        async def say_so(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(STARTING_UP)
            writer.close()

        server = await asyncio.start_server(say_so, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        engine = database.connect(Secret(f"postgresql://nobody@127.0.0.1:{port}/none?ssl=disable"), schema="public")

        with capture_logs() as told:
            waiting = asyncio.create_task(database.until_up(engine))

            async def has_told() -> bool:
                return bool(told) or waiting.done()

            await eventually(has_told)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.wait([waiting])

        assert ["starting up" in entry["error"] for entry in told] == [True]
        server.close()
        await engine.dispose()

    async def test_is_waited_for(self, own_postgres: Server) -> None:
        engine = database.connect(Secret(own_postgres.url), schema="public")
        await asyncio.to_thread(own_postgres.stop)

        with capture_logs() as told:
            waiting = asyncio.create_task(database.until_up(engine))

            async def has_told() -> bool:
                return bool(told)

            await eventually(has_told)
            assert not waiting.done()
            await asyncio.to_thread(own_postgres.start)
            await waiting

        assert [entry["event"] for entry in told] == ["database.awaited"]
        await engine.dispose()

    async def test_is_not_waited_for_without_end(self, own_postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "UP_SECONDS_MAX", 0.0)
        engine = database.connect(Secret(own_postgres.url), schema="public")
        await asyncio.to_thread(own_postgres.stop)

        with pytest.raises(ConnectionError):
            await database.until_up(engine)
        await engine.dispose()


class TestAFailedStatement:
    async def test_does_not_show_what_it_was_given(self, bare_database: Secret) -> None:
        engine = database.connect(bare_database, schema="public")

        with pytest.raises(DBAPIError) as failed:
            async with engine.connect() as connection:
                await connection.execute(text("select cast(:given as text) from nowhere"), {"given": "hunter2"})

        assert "hunter2" not in f"{failed.value} {failed.value!r}"
        await engine.dispose()


class TestARefusal:
    async def test_is_raised_at_once(self, own_postgres: Server) -> None:
        user, _, place = own_postgres.url.removeprefix("postgresql://").partition("@")
        engine = database.connect(Secret(f"postgresql://{user.partition(':')[0]}:wrong@{place}"), schema="public")

        with capture_logs() as told, pytest.raises(Exception, match="password"):
            await database.until_up(engine)

        assert told == []
        await engine.dispose()


class TestAConnection:
    async def test_ends_a_statement_that_takes_too_long(self, bare_database: Secret) -> None:
        engine = database.connect(bare_database, schema="public", statement_seconds_max=0.05)

        with pytest.raises(DBAPIError, match="statement timeout"):
            async with engine.connect() as connection:
                await connection.execute(text("select pg_sleep(30)"))

        await engine.dispose()

    async def test_that_leaves_a_transaction_waiting_is_ended(self, bare_database: Secret) -> None:
        engine = database.connect(bare_database, schema="public", idle_seconds_max=0.05)
        watching = database.connect(bare_database, schema="public")

        async def idle(connection: AsyncConnection) -> int:
            waiting = text("select count(*) from pg_stat_activity where state = 'idle in transaction' and datname = "
                           "current_database()")  # fmt: skip
            return await connection.scalar(waiting) or 0

        async with watching.connect() as other:

            async def ended() -> bool:
                return await idle(other) == 0

            async def leave_it_waiting() -> None:
                async with engine.connect() as connection:
                    await connection.execute(text("select 1"))
                    await eventually(ended)
                    await connection.execute(text("select 1"))

            with pytest.raises(DBAPIError):
                await leave_it_waiting()

        await engine.dispose()
        await watching.dispose()

    async def test_has_both_limits_unless_it_says_otherwise(self, bare_database: Secret) -> None:
        engine = database.connect(bare_database, schema="public")

        async with engine.connect() as connection:
            limits = [
                await connection.scalar(text(f"show {name}"))
                for name in ("statement_timeout", "idle_in_transaction_session_timeout")
            ]

        assert limits == ["1min", "1min"]
        await engine.dispose()
