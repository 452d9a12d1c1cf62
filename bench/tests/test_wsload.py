"""The load client: it counts what was told, and gives no figures when something was lost, repeated or out of order."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bench import load
from testkit.machine import c_compiler

Tell = Callable[[int, str], Iterable[str]]
Run = Callable[[Tell], Awaitable[tuple[int | None, str]]]

pytestmark = pytest.mark.skipif(not c_compiler(), reason="needs a C compiler")


def number_of(text: str) -> int:
    """Of a counted message; -1 for the warm-up."""
    return int(text.partition("~")[2].split(".")[1]) if "~" in text else -1


class Room:
    """A Socket.IO server with one room; `tell` decides what a socket is told for each message."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._sockets: list[web.WebSocketResponse] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('0{"sid":"1"}')
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                await self._hear(socket, message.data)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, text: str) -> None:
        if text == "40":
            await socket.send_str('40{"sid":"1"}')
        elif text.startswith('42["join"'):
            self._sockets.append(socket)
            await socket.send_str('42["joined","r1"]')
        else:
            for told in self._tell(number_of(text), text):
                for one in self._sockets:
                    await one.send_str(told)


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await load.compile_client(tmp_path_factory.mktemp("client"))


@pytest.fixture
async def run(client: Path, unused_tcp_port: int) -> AsyncGenerator[Run]:
    """Ten messages to three sockets; gives the exit code and what was printed."""
    runners: list[web.AppRunner] = []

    async def begin(tell: Tell) -> tuple[int | None, str]:
        app = web.Application()
        app.router.add_get("/socket.io/", Room(tell).serve)
        runners.append(web.AppRunner(app))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", unused_tcp_port).start()
        options = {"port": unused_tcp_port, "sockets": 3, "messages": 10, "seconds-max": 3}
        process = await asyncio.create_subprocess_exec(
            client, "--wire=socket.io", *(f"--{name}={value}" for name, value in options.items()),
            '42["msg",{"room":"r1","text":"%T"}]', stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    yield begin
    for runner in runners:
        await runner.cleanup()


class TestLoadClient:
    async def test_counts_what_every_socket_was_told(self, run: Run) -> None:
        code, said = await run(lambda _, text: [text])

        assert code == 0
        assert '"deliveries":30,' in said
        assert '"out_of_order":0,' in said

    async def test_fails_when_a_message_is_lost(self, run: Run) -> None:
        code, said = await run(lambda number, text: [] if number == 4 else [text])

        assert code == 1
        assert '"deliveries":27,' in said

    async def test_fails_when_a_message_comes_twice(self, run: Run) -> None:
        code, said = await run(lambda number, text: [text, text] if number == 4 else [text])

        assert code == 1
        assert '"out_of_order":3,' in said

    async def test_fails_when_two_messages_change_places(self, run: Run) -> None:
        kept: list[str] = []

        def tell(number: int, text: str) -> list[str]:
            if number == 4:
                kept.append(text)
                return []
            return [text, *kept] if number == 5 else [text]

        code, said = await run(tell)

        assert code == 1
        assert '"out_of_order":9,' in said
