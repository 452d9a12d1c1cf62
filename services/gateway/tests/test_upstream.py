"""The connections to a service: kept where that is right, and only there."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from gateway.forward.upstream import Upstream

Ask = Callable[..., Awaitable[int]]


class Talker:
    """A service that gives one prepared answer, and counts who calls."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}"
        self.connections = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.readline():
            writer.write(self.answer)
        writer.close()


@pytest.fixture
def talker() -> Talker:
    return Talker()


@pytest.fixture
async def ask(talker: Talker) -> AsyncGenerator[Ask]:
    """One exchange with the talker; gives the status of its answer."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(await asyncio.start_server(talker.talk, "127.0.0.1"))
        port = server.sockets[0].getsockname()[1]
        upstream = Upstream("talker", f"http://127.0.0.1:{port}", connections_max=1)
        stack.callback(upstream.close)

        async def exchange(*, told_all: bool = True) -> int:
            async with upstream.connection() as connection:
                connection.begin(without_body=False)
                connection.told_all = told_all
                await connection.write(b"POST / HTTP/1.1\n")
                await connection.headed
                async for _ in connection.body(silence_seconds_max=5):
                    pass
                return connection.status

        yield exchange


class TestConnection:
    async def test_is_given_up_when_the_answer_came_before_all_was_said(self, talker: Talker, ask: Ask) -> None:
        assert [await ask(told_all=False) for _ in range(2)] == [201, 201]

        assert talker.connections == 2

    async def test_serves_the_next_request_too(self, talker: Talker, ask: Ask) -> None:
        assert [await ask() for _ in range(3)] == [201, 201, 201]

        assert talker.connections == 1

    async def test_is_given_up_when_the_service_says_so(self, talker: Talker, ask: Ask) -> None:
        talker.answer = talker.answer.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")

        assert [await ask() for _ in range(2)] == [201, 201]

        assert talker.connections == 2
