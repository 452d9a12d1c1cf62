"""A realtime client as people write it, on aiohttp."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from .services import Person

Socket = aiohttp.ClientWebSocketResponse[bool]
SECONDS_MAX = 20.0
ENDS = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR}


class Client:
    """One socket of somebody."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket

    async def say(self, op: str, **fields: Any) -> None:
        await self.socket.send_str(msgspec.json.encode({"op": op, **fields}).decode())

    async def hear(self, op: str | None = None) -> dict[str, Any]:
        """The next frame, which must be of this kind."""
        message = await self.socket.receive(SECONDS_MAX)
        assert message.type == aiohttp.WSMsgType.TEXT, f"{message} code={self.socket.close_code}"
        frame = msgspec.json.decode(message.data, type=dict[str, Any])
        assert op is None or frame["op"] == op, frame
        return frame

    async def hears_nothing(self, *, seconds: float = 0.15) -> None:
        """Only where silence itself is what is shown."""
        try:
            async with asyncio.timeout(seconds):
                message = await self.socket.receive()
        except TimeoutError:
            return
        raise AssertionError(message)

    async def closed(self) -> int | None:
        """Wait for the end; gives the close code."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                message = await self.socket.receive()
                if message.type in ENDS:
                    return self.socket.close_code

    async def hello(self, person: Person) -> dict[str, Any]:
        await self.say("hello", token=person.token)
        return await self.hear("ready")

    async def watch(self, topic: str, after: int | None = None) -> dict[str, Any]:
        await self.say("watch", topics={topic: after})
        return await self.hear("watched")


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that tells nobody when it happens."""
    async with asyncio.timeout(SECONDS_MAX):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
