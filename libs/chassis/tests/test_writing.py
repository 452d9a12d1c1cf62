"""Clients that do not read."""

import asyncio
from typing import Any

from chassis.writing import limiting_writes

SCOPE: Any = {"type": "http", "path": "/"}


class TestAnAnswerThatNobodyReads:
    async def test_is_given_up_with_all_that_it_is_made_from(self) -> None:
        made: list[str] = []

        async def app(_: Any, __: Any, send: Any) -> None:
            try:
                while True:
                    await send({"type": "http.response.body", "body": b"x", "more_body": True})
                    made.append("part")
            finally:
                made.append("closed")

        taken = asyncio.Semaphore(3)

        async def send(_: Any) -> None:
            await taken.acquire()

        async with asyncio.timeout(10):
            await limiting_writes(app, seconds=0.05)(SCOPE, receive, send)

        assert made == ["part"] * 3 + ["closed"]

    async def test_is_sent_whole_however_long_all_of_it_takes(self) -> None:
        async def app(_: Any, __: Any, send: Any) -> None:
            for _ in range(5):
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        sent: list[bytes] = []

        async def send(message: Any) -> None:
            await asyncio.sleep(0.02)
            sent.append(message["body"])

        await limiting_writes(app, seconds=0.08)(SCOPE, receive, send)

        assert b"".join(sent) == b"xxxxx"


async def receive() -> Any:
    await asyncio.Event().wait()
