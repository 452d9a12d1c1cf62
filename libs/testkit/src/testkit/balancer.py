"""What stands before several copies of a service in production: connections go to the copies that answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import cycle

from embedded import ports
from testkit.waiting import eventually

PROBE_SECONDS = 0.25
ANSWER_SECONDS_MAX = 1.0


class Balancer:
    """Plain TCP, handed to copies on loopback in turn; a copy that goes silent is let go, with its guests."""

    def __init__(self, copies: list[int]) -> None:
        [self.port] = ports.choose(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._well: set[int] = set()
        self._turn = cycle(copies)
        self._copies = copies
        self._guests: dict[int, set[asyncio.Task[None]]] = {copy: set() for copy in copies}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Balancer"]:
        probes = [asyncio.create_task(self._probe(copy)) for copy in self._copies]
        server = await asyncio.start_server(self._receive, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            guests = [guest for some in self._guests.values() for guest in some]
            for task in [*probes, *guests]:
                task.cancel()
            await asyncio.gather(*probes, *guests, return_exceptions=True)

    async def until_all_answer(self, *, seconds: float = 180) -> None:
        """Wait for every copy."""

        async def all_answer() -> bool:
            return self._well == set(self._copies)

        await eventually(all_answer, seconds=seconds)

    async def _probe(self, copy: int) -> None:
        while True:
            if await self._answers(copy):
                self._well.add(copy)
            elif copy in self._well:
                self._well.discard(copy)
                for guest in self._guests[copy]:
                    guest.cancel()
            await asyncio.sleep(PROBE_SECONDS)

    async def _answers(self, copy: int) -> bool:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                reader, writer = await asyncio.open_connection("127.0.0.1", copy)
                try:
                    writer.write(b"GET /livez HTTP/1.1\r\nhost: copy\r\nconnection: close\r\n\r\n")
                    return b" 200 " in await reader.readline()
                finally:
                    writer.transport.abort()
        return False

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        copy = next((one for one, _ in zip(self._turn, self._copies, strict=False) if one in self._well), None)
        if copy is None:
            writer.transport.abort()
            return
        guest = asyncio.create_task(self._carry(copy, reader, writer))
        self._guests[copy].add(guest)
        guest.add_done_callback(self._guests[copy].discard)

    async def _carry(self, copy: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            to_read, to_write = await asyncio.open_connection("127.0.0.1", copy)
            try:
                await asyncio.wait(
                    {asyncio.create_task(_pour(reader, to_write)), asyncio.create_task(_pour(to_read, writer))},
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                to_write.transport.abort()
        writer.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
