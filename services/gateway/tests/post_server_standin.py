"""Messaging's end of the connection on which posts are brought."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec

from chassis.frames import Frames, framed
from contracts.posts import FRAME_BYTES_MAX, CarriedAnswer, CarriedPost, ConnectToken, PostAnswer
from testkit.waiting import eventually

Answer = Callable[[CarriedPost], PostAnswer | None]


def echo(post: CarriedPost) -> PostAnswer:
    """As messaging answers: with what was posted, and where."""
    said = {"channel_id": post.channel_id, "draft": msgspec.json.decode(post.draft)}
    return PostAnswer(201, [(b"content-type", b"application/json")], msgspec.json.encode(said))


class PostServerStandIn:
    """Answers what is brought by `answer`, unless that is None; then a test does."""

    def __init__(self) -> None:
        self.answer: Answer | None = echo
        self.brought: list[CarriedPost] = []
        self.port = 0
        self.tokens = 0
        self._open: list[asyncio.StreamWriter] = []
        self._ended = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = cast("int", self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        if self.port:
            self._server.close()
            self.cut()

    def issue_token(self) -> ConnectToken:
        self.tokens += 1
        return ConnectToken(self.port, f"token {self.tokens}")

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def say(self, value: object) -> None:
        self._open[-1].write(framed(msgspec.msgpack.encode(value)))

    def reply(self, post: CarriedPost) -> None:
        self.say(CarriedAnswer(post.number, echo(post)))

    async def until_open(self, count: int = 1) -> None:
        """So many connections have come."""
        await eventually(lambda: _is(len(self._open) >= count))

    async def until_brought(self, count: int) -> None:
        await eventually(lambda: _is(len(self.brought) >= count))

    async def until_no_more(self) -> None:
        """The gateway has ended its side of a connection."""
        await eventually(lambda: _is(self._ended))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames, token = Frames(FRAME_BYTES_MAX), ""
        try:
            while data := await reader.read(65536):
                for value in frames.feed(data):
                    if token:
                        self._hear(msgspec.msgpack.decode(value, type=CarriedPost))
                        continue
                    token = msgspec.msgpack.decode(value, type=str)
                    assert token == f"token {self.tokens}"
                    self._open.append(writer)
                    self.say(True)
        except ConnectionError:
            writer.close()
        self._ended += 1

    def _hear(self, post: CarriedPost) -> None:
        self.brought.append(post)
        if self.answer is not None:
            self.say(CarriedAnswer(post.number, self.answer(post)))


async def _is(found: Any) -> bool:
    return bool(found)
