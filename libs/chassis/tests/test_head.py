"""HEAD is answered wherever GET is."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
from litestar import Response, get
from litestar.response import Stream
from litestar.testing import AsyncTestClient

from chassis.app import create_app
from chassis.head import answering_head
from chassis.settings import ServiceSettings


@get("/page")
async def page() -> Response[str]:
    return Response("a page", headers={"ETag": '"1"'})


@get("/endless")
async def endless() -> Stream:
    async def bytes_without_end() -> AsyncGenerator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0)

    return Stream(bytes_without_end())


@pytest.fixture
async def client() -> AsyncGenerator[AsyncTestClient[Any]]:
    app = create_app("try", ServiceSettings(port=1), routes=[page, endless], checks={}, dependencies={})
    async with AsyncTestClient(cast("Any", answering_head(cast("Any", app)))) as made:
        yield made


class TestHead:
    async def test_has_the_headers_of_get_and_no_body(self, client: AsyncTestClient[Any]) -> None:
        get_, head = await client.get("/page"), await client.head("/page")

        assert (head.status_code, head.content) == (200, b"")
        assert {"etag", "content-length"} <= head.headers.keys()
        assert head.headers == get_.headers

    async def test_ends_a_streamed_answer_at_once(self, client: AsyncTestClient[Any]) -> None:
        async with asyncio.timeout(5):
            head = await client.head("/endless")

        assert (head.status_code, head.content) == (200, b"")

    async def test_of_an_unknown_address_is_not_found(self, client: AsyncTestClient[Any]) -> None:
        assert (await client.head("/nowhere")).status_code == 404
