"""The database as a service meets it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from chassis import database
from chassis.settings import Secret
from embedded import Server
from testkit.waiting import eventually


class TestAServerThatIsStillStarting:
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


class TestARefusal:
    async def test_is_raised_at_once(self, own_postgres: Server) -> None:
        user, _, place = own_postgres.url.removeprefix("postgresql://").partition("@")
        engine = database.connect(Secret(f"postgresql://{user.partition(':')[0]}:wrong@{place}"), schema="public")

        with capture_logs() as told, pytest.raises(Exception, match="password"):
            await database.until_up(engine)

        assert told == []
        await engine.dispose()
