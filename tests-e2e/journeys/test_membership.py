"""Who is no member any more hears nothing more, within a second, on the socket they have and on the next."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from testkit.client import Person
from testkit.runs import Run

WITHIN_SECONDS = 1.0

Socket = aiohttp.ClientWebSocketResponse


@asynccontextmanager
async def watching(
    http: aiohttp.ClientSession, run: Run, person: Person, topics: dict[str, int | None]
) -> AsyncGenerator[Socket]:
    async with http.ws_connect(run.url.replace("http", "ws", 1) + "/api/v1/realtime") as socket:
        await socket.send_json({"op": "hello", "token": person.access_token})
        await hear(socket, "ready")
        await socket.send_json({"op": "watch", "topics": topics})
        yield socket


async def hear(socket: Socket, op: str) -> Any:
    """The next frame of this kind."""
    while True:
        frame = await socket.receive_json(timeout=20)
        if frame["op"] == op:
            return frame


class TestAMemberWhoIsRemoved:
    async def test_loses_the_topics_within_a_second_and_may_not_resume(
        self, run: Run, http: aiohttp.ClientSession
    ) -> None:
        ann, ben = await Person.register(http, run.url, "Ann"), await Person.register(http, run.url, "Ben")
        space, general = await ann.make_space("Home")
        await ben.accept(await ann.invite(space))
        topics: dict[str, int | None] = {f"space:{space.id}": None, f"channel:{general}": 0}

        async with watching(http, run, ben, topics) as socket:
            assert {(await hear(socket, "watched"))["topic"] for _ in topics} == set(topics)
            began = time.monotonic()
            await ann.call("DELETE", f"/api/v1/spaces/{space.id}/members/{ben.id}")
            lost = [await hear(socket, "problem") for _ in topics]
            seconds = time.monotonic() - began
        await ann.say(general, "between us")
        async with watching(http, run, ben, topics) as socket:
            refused = [await hear(socket, "problem") for _ in topics]

        assert {(one["code"], one["topic"]) for one in lost} == {("topic_lost", topic) for topic in topics}
        assert {(one["code"], one["topic"]) for one in refused} == {("not_found", topic) for topic in topics}
        assert seconds < WITHIN_SECONDS
