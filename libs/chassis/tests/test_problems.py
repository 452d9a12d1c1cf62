"""Every error is `application/problem+json`, the framework's own included, and tells nothing it should not."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from asyncpg.exceptions import DiskFullError
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.testing import AsyncTestClient
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, ProgrammingError

from chassis.app import create_app
from chassis.problems import answer_to
from chassis.settings import ServiceSettings
from contracts.problems import Conflict, FieldError, RateLimited


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=1)]


@post("/things/{thing_id:uuid}")
async def make_thing(thing_id: FromPath[UUID], data: JSONBody[Thing]) -> Thing:
    return data


@get("/refused")
async def refuse() -> None:
    raise Conflict("it is there already", errors=[FieldError("/name", "taken")])


@get("/limited")
async def limit() -> None:
    raise RateLimited(retry_after_seconds=2.2)


@get("/bug")
async def fail() -> None:
    raise RuntimeError("the password is hunter2")


@get("/database-away")
async def lose_database() -> None:
    raise OperationalError("select 1", {}, ConnectionRefusedError())


@pytest.fixture
async def client() -> AsyncGenerator[AsyncTestClient[Any]]:
    routes = [make_thing, refuse, limit, fail, lose_database]
    app = create_app("try", ServiceSettings(port=1, body_bytes_max=5000), routes=routes, checks={}, dependencies={})
    async with AsyncTestClient(app) as made:
        yield made


ID = "019c0000-0000-7000-8000-000000000001"
JSON = {"content-type": "application/json"}


class RefusedByDatabase(Exception):
    """As the driver raises it: 53100 is a full disk, 22012 a division by zero."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class TestProblems:
    @pytest.mark.parametrize(
        ("method", "path", "content", "headers", "status", "code"),
        [
            ("POST", f"/things/{ID}", b'{"size": 1', JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b'{"size": 0}', JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b'{"size": 1, "colour": 2}', JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b"[]", JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b"\xff\xfe", JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b'{"si\xffze": 1}', JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b'{"size": "\xff"}', JSON, 400, "invalid_input"),
            ("POST", f"/things/{ID}", b'{"size": 1}', {"content-type": "text/plain"}, 415, "unsupported_media_type"),
            ("POST", f"/things/{ID}", b'{"size": 1}', {}, 415, "unsupported_media_type"),
            ("POST", f"/things/{ID}", b'{"size": ' + b"1" * 6000 + b"}", JSON, 413, "too_large"),
            ("POST", f"/things/{ID}", b'{"size": ' + b"[" * 1_500 + b"]" * 1_500, JSON, 400, "invalid_input"),
            ("GET", "/refused?a=%00", b"", {}, 400, "invalid_input"),
            ("POST", "/things/not-an-id", b'{"size": 1}', JSON, 404, "not_found"),
            ("DELETE", f"/things/{ID}", b"", {}, 405, "method_not_allowed"),
            ("GET", "/nowhere", b"", {}, 404, "not_found"),
            ("GET", "/refused", b"", {}, 409, "conflict"),
            ("GET", "/bug", b"", {}, 500, "bug"),
            ("GET", "/database-away", b"", {}, 503, "unavailable"),
        ],
    )
    async def test_have_the_documented_form(
        self,
        client: AsyncTestClient[Any],
        method: str,
        path: str,
        content: bytes,
        headers: dict[str, str],
        status: int,
        code: str,
    ) -> None:
        response = await client.request(method, path, content=content, headers=headers)

        body = response.json()
        assert (response.status_code, body["code"], body["status"]) == (status, code, status)
        assert response.headers["content-type"].startswith("application/problem+json")
        assert body["type"] == f"/problems/{code}"
        assert body["title"]

    async def test_point_at_the_field_that_is_wrong(self, client: AsyncTestClient[Any]) -> None:
        response = await client.post(f"/things/{ID}", json={"size": "big"})

        assert response.json()["errors"][0]["pointer"] == "/size"

    async def test_name_the_methods_that_an_address_takes(self, client: AsyncTestClient[Any]) -> None:
        response = await client.delete("/refused")

        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")

    async def test_of_endless_recursion_stay_a_bug(self) -> None:
        def descend() -> None:
            descend()

        with pytest.raises(RecursionError) as caught:
            descend()

        assert answer_to(caught.value).status_code == 500

    @pytest.mark.parametrize(
        ("content", "pointer", "message"),
        [
            (b"", "", "a JSON body is missing"),
            (b"{}", "/size", "is missing"),
            (b'{"size": 1, "colour": 2}', "/colour", "is unknown"),
            (b'{"size": "big"}', "/size", "must be a whole number, not text"),
            (b'{"size": 0}', "/size", "must be a whole number >= 1"),
            (b"[]", "", "must be an object, not a list"),
        ],
    )
    async def test_of_decoding_say_what_is_wrong_where_in_words(
        self, client: AsyncTestClient[Any], content: bytes, pointer: str, message: str
    ) -> None:
        response = await client.post(f"/things/{ID}", content=content, headers=JSON)

        assert response.json()["errors"] == [{"pointer": pointer, "message": message}]

    async def test_say_when_to_come_back(self, client: AsyncTestClient[Any]) -> None:
        response = await client.get("/limited")

        assert (response.status_code, response.headers["retry-after"]) == (429, "3")

    async def test_tell_nothing_of_a_bug(self, client: AsyncTestClient[Any]) -> None:
        assert "hunter2" not in (await client.get("/bug")).text

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (InternalError("select 1", {}, Exception("another operation is in progress")), 503),
            (DBAPIError("select 1", {}, Exception("terminating connection"), connection_invalidated=True), 503),
            (DBAPIError("select 1", {}, RefusedByDatabase("53100")), 503),
            (DBAPIError("select 1", {}, RefusedByDatabase("22012")), 500),
            (DiskFullError("could not extend file"), 503),
            (ProgrammingError("selekt 1", {}, Exception("syntax error")), 500),
        ],
    )
    def test_tell_a_lost_connection_from_a_bug(self, error: Exception, status: int) -> None:
        assert answer_to(error).status_code == status
