"""A creating request that is repeated with its key has its effect once, and the first answer again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest
from litestar import Litestar, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.testing import AsyncTestClient
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import database, idempotency
from chassis.app import create_app
from chassis.idempotency import Once
from chassis.settings import Secret, ServiceSettings
from contracts.problems import Conflict
from contracts.times import now

Client = AsyncTestClient[Any]

_ADD = text("insert into books (shelf) values (:shelf) returning number")


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Made(msgspec.Struct, frozen=True):
    number: int
    name: str


@post("/shelves/{shelf:int}/books")
async def add_book(
    shelf: FromPath[int],
    data: JSONBody[Wanted],
    caller: Annotated[str, HeaderParameter(name="X-Caller")],
    once: NamedDependency[Once],
    transaction: NamedDependency[AsyncConnection],
) -> Response[Made]:
    async def make() -> Made:
        number = await transaction.scalar(_ADD, {"shelf": shelf})
        if data.name == "banned":
            raise Conflict
        return Made(int(number or 0), data.name)

    return await once.answer(transaction, caller=caller, wanted=data, make=make)


@pytest.fixture
async def engine(bare_database: Secret) -> AsyncGenerator[AsyncEngine]:
    made = database.connect(bare_database, schema="public")
    async with made.begin() as connection:
        await connection.run_sync(idempotency.metadata.create_all)
        await connection.execute(text("create table books (number int generated always as identity, shelf int)"))
    yield made
    await made.dispose()


@pytest.fixture
async def client(engine: AsyncEngine, bare_database: Secret) -> AsyncGenerator[Client]:
    own = database.connect(bare_database, schema="public")

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        yield
        await own.dispose()

    given: dict[str, Any] = {"transaction": database.transactions(own), "once": idempotency.once(kept_days=7)}
    app = create_app(
        "try", ServiceSettings(port=1), routes=[add_book], checks={}, dependencies=given, lifespan=[lifespan]
    )
    async with AsyncTestClient(app) as made:
        yield made


async def add(
    client: Client, name: str = "Emma", *, key: str | None = "k", shelf: int = 1, caller: str = "ann"
) -> tuple[int, Any]:
    headers = {"x-caller": caller} | ({} if key is None else {"idempotency-key": key})
    answer = await client.post(f"/shelves/{shelf}/books", json={"name": name}, headers=headers)
    return answer.status_code, answer.json()


async def count(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("select count(*) from books")) or 0)


class TestARepeat:
    async def test_is_answered_with_the_first_answer(self, client: Client, engine: AsyncEngine) -> None:
        first = await add(client)

        assert first == (201, {"number": 1, "name": "Emma"})
        assert await add(client) == (200, first[1])
        assert await count(engine) == 1

    async def test_at_the_same_moment_has_one_effect(self, client: Client, engine: AsyncEngine) -> None:
        answers = await asyncio.gather(*(add(client) for _ in range(8)))

        assert sorted(status for status, _ in answers) == [200] * 7 + [201]
        assert len({answer["number"] for _, answer in answers}) == 1
        assert await count(engine) == 1

    async def test_with_another_body_is_refused(self, client: Client) -> None:
        await add(client)

        status, problem = await add(client, "Persuasion")

        assert (status, problem["code"]) == (409, "idempotency_key_reused")

    async def test_of_what_was_refused_is_tried_anew(self, client: Client, engine: AsyncEngine) -> None:
        refused = [(await add(client, "banned"))[0] for _ in range(2)]

        assert refused == [409, 409]
        assert (await add(client))[0] == 201
        assert await count(engine) == 1


class TestAKey:
    @pytest.mark.parametrize("other", [{"caller": "ben"}, {"shelf": 2}, {"key": "other"}, {"key": None}])
    async def test_is_one_callers_for_one_request(self, client: Client, engine: AsyncEngine, other: Any) -> None:
        await add(client)

        assert (await add(client, **other))[0] == 201
        assert await count(engine) == 2

    @pytest.mark.parametrize("wrong", ["", "x" * 201, "tab\there"])
    async def test_must_make_sense(self, client: Client, wrong: str) -> None:
        status, problem = await add(client, key=wrong)

        assert (status, problem["errors"][0]["pointer"]) == (400, "Idempotency-Key")

    async def test_that_is_old_means_nothing(self, client: Client, engine: AsyncEngine) -> None:
        await add(client)
        await grow_old(engine)

        assert (await add(client, "Persuasion"))[0] == 201
        assert (await add(client, "Persuasion"))[0] == 200

    async def test_that_is_old_is_forgotten_bit_by_bit(self, client: Client, engine: AsyncEngine) -> None:
        for number in range(3):
            await add(client, key=f"k{number}")
        await grow_old(engine)
        await add(client, key="fresh")

        async with engine.begin() as connection:
            gone = [await idempotency.forget(connection, kept_days=7, limit=2) for _ in range(3)]

        assert gone == [2, 1, 0]
        assert (await add(client, key="fresh"))[0] == 200

    async def test_is_in_the_openapi_document(self, client: Client) -> None:
        document = (await client.get("/openapi/openapi.json")).json()
        parameters = document["paths"]["/shelves/{shelf}/books"]["post"]["parameters"]

        [header] = [one for one in parameters if one["name"] == "Idempotency-Key"]
        assert (header["in"], header.get("required", False)) == ("header", False)


async def grow_old(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(idempotency.keys).values(at=now() - timedelta(days=8)))
