"""The gateway's end of the post stream, for tests that talk to messaging alone."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx
import msgspec

from chassis.frames import Frames, framed
from contracts.posts import DRAFT_BYTES_MAX, FRAME_BYTES_MAX, PATH, CarriedAnswer, CarriedPost, ConnectToken, PostAnswer
from testkit.tokens import Signer

COME: Final = msgspec.msgpack.encode(True)
NO_MORE: Final = msgspec.msgpack.encode(False)

_POST: Final = re.compile(r"/api/v1/channels/([0-9a-f-]{36})/messages")


class PostClient:
    """A connection to messaging on which anything can be said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._frames = Frames(FRAME_BYTES_MAX)

    def say(self, *values: object) -> None:
        self.writer.write(b"".join(framed(msgspec.msgpack.encode(value)) for value in values))

    async def bring(self, carried: Sequence[CarriedPost]) -> list[PostAnswer | None]:
        """The answers in the order of the posts, whose numbers are their places."""
        self.say(*(msgspec.structs.replace(one, number=number) for number, one in enumerate(carried)))
        answers: dict[int, PostAnswer | None] = {}
        while len(answers) < len(carried):
            for value in await self.hear():
                said = msgspec.msgpack.decode(value, type=CarriedAnswer)
                answers[said.number] = said.answer
        return [answers[number] for number in range(len(carried))]

    async def hear(self) -> list[bytes]:
        """The frames of one read; raises when the connection has ended."""
        data = await asyncio.wait_for(self._reader.read(65536), 30)
        if not data:
            raise EOFError
        return list(self._frames.feed(data))

    async def until_ended(self) -> list[bytes]:
        """All that is still said before the end."""
        heard: list[bytes] = []
        with suppress(EOFError, ConnectionError):
            while True:
                heard += await self.hear()
        return heard


async def request_token(client: httpx.AsyncClient, signer: Signer) -> ConnectToken:
    service_token = signer.service_token("gateway", audience="messaging")
    response = await client.post(PATH, headers={"authorization": f"Bearer {service_token}"})
    response.raise_for_status()
    return msgspec.json.decode(response.content, type=ConnectToken)


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[PostClient]:
    """Nothing is said yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield PostClient(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def open_client(client: httpx.AsyncClient, signer: Signer) -> AsyncGenerator[PostClient]:
    token = await request_token(client, signer)
    async with connected(token.port) as post_client:
        post_client.say(token.token)
        assert await post_client.hear() == [COME]
        yield post_client


class PostStreamTransport(httpx.AsyncBaseTransport):
    """Brings what looks like a post; what is not taken so goes by HTTP, like everything else."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer) -> None:
        self._client = client
        self._signer = signer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        found = _POST.fullmatch(request.url.path)
        is_json = request.headers.get("content-type") == "application/json"
        if request.method == "POST" and found and is_json and len(content) <= DRAFT_BYTES_MAX:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            async with open_client(self._client, self._signer) as post_client:
                [said] = await post_client.bring([msgspec.convert((0, found[1], token, content, ""), CarriedPost)])
            if said is not None:
                return httpx.Response(said.status, headers=said.headers, content=said.body)
        return await self._client.request(
            request.method, request.url.raw_path.decode(), content=content, headers=request.headers
        )
