"""An outage is told from a bug by its cause, whatever the library calls it."""

import errno
from typing import Any

import aiohttp
import botocore.exceptions
import hikari
import pytest
import redis.exceptions
import sqlalchemy.exc
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.database import async_url, connect
from chassis.outages import is_outage
from chassis.settings import Secret
from contracts.problems import NotFound, Unavailable


def refused_by_store(code: str, status: int) -> botocore.exceptions.ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(answer, "GetObject")


def answered(status: int) -> aiohttp.ClientResponseError:
    info: Any = None
    return aiohttp.ClientResponseError(info, (), status=status)


class TestAnOutage:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
            TimeoutError(),
            OSError(errno.ENOSPC, "no space left"),
            Unavailable(),
            redis.exceptions.ConnectionError(),
            redis.exceptions.BusyLoadingError(),
            redis.exceptions.ResponseError("NOGROUP No such key"),
            aiohttp.ServerDisconnectedError(),
            answered(503),
            refused_by_store("InternalError", 500),
            botocore.exceptions.EndpointConnectionError(endpoint_url="http://store"),
            hikari.GatewayConnectionError("gone"),
            sqlalchemy.exc.TimeoutError("QueuePool limit of size 10 overflow 0 reached"),
            ExceptionGroup("two", [TimeoutError(), Unavailable()]),
        ],
        ids=repr,
    )
    def test_is(self, error: Exception) -> None:
        assert is_outage(error)

    @pytest.mark.parametrize(
        "error",
        [
            ValueError("wrong"),
            KeyError("key"),
            NotFound(),
            FileNotFoundError(errno.ENOENT, "no such file"),
            redis.exceptions.ResponseError("WRONGTYPE Operation against a key"),
            aiohttp.InvalidURL("::"),
            answered(404),
            refused_by_store("NoSuchKey", 404),
            hikari.UnrecognisedEntityError("what?"),
            sqlalchemy.exc.InvalidRequestError("used wrongly"),
            ExceptionGroup("two", [TimeoutError(), ValueError()]),
        ],
        ids=repr,
    )
    def test_is_not(self, error: Exception) -> None:
        assert not is_outage(error)


async def failure(engine: AsyncEngine, statement: str, **values: object) -> Exception:
    with pytest.raises(Exception) as raised:  # noqa: PT011  which one it is is what is asked
        async with engine.begin() as connection:
            await connection.execute(text(statement), values)
    return raised.value


class TestPostgres:
    async def test_a_busy_pool_is_an_outage(self, bare_database: Secret) -> None:
        engine = create_async_engine(async_url(bare_database), pool_size=1, max_overflow=0, pool_timeout=0.01)
        async with engine.connect():
            assert is_outage(await failure(engine, "select 1"))
        await engine.dispose()

    async def test_a_cut_connection_is_an_outage(self, bare_database: Secret) -> None:
        engine = connect(bare_database, schema="public")
        assert is_outage(await failure(engine, "select pg_terminate_backend(pg_backend_pid())"))
        await engine.dispose()

    async def test_a_wrong_statement_or_value_is_not(self, bare_database: Secret) -> None:
        engine = connect(bare_database, schema="public")
        assert not is_outage(await failure(engine, "select nothing from nowhere"))
        assert not is_outage(await failure(engine, "select 1 / 0"))
        assert not is_outage(await failure(engine, "select 1 + :number ::int", number="three"))
        await engine.dispose()

    async def test_a_server_that_is_away_is_an_outage(self) -> None:
        engine = connect(Secret("postgresql://nobody@127.0.0.1:1/none"), schema="public")
        assert is_outage(await failure(engine, "select 1"))
        await engine.dispose()


class TestRedis:
    async def test_a_server_that_is_away_is_an_outage(self) -> None:
        away: Any = Redis(port=1)
        with pytest.raises(redis.exceptions.ConnectionError) as raised:
            await away.ping()
        assert is_outage(raised.value)
        await away.aclose()
