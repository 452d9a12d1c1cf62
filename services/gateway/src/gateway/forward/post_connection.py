"""The connection to messaging that is kept open for posts: any number under way, answered in any order."""

import asyncio
from typing import Final, NamedTuple, TypeAlias, cast

import msgspec
import structlog

from chassis.frames import BadFrame, Frames, Sender
from contracts.decoding import UNDECODABLE
from contracts.ids import ChannelId
from contracts.posts import FRAME_BYTES_MAX, CarriedAnswer, CarriedPost, PostAnswer
from contracts.problems import Unavailable
from gateway.settings import Settings

log = structlog.get_logger()

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decode = msgspec.msgpack.Decoder(CarriedAnswer | bool).decode

Answered: TypeAlias = "asyncio.Future[PostAnswer | None]"
"""None: it has to come by HTTP."""
WATCH_SECONDS: Final = 1.0


class UnderWay(NamedTuple):
    """A post that was sent."""

    answered: Answered
    since: float


class PostConnection(asyncio.Protocol):
    """One connection. When it ends, what became of the posts under way is not known."""

    def __init__(self, token: str, settings: Settings) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._token = token
        self._settings = settings
        self._frames = Frames(FRAME_BYTES_MAX)
        self._under_way: dict[int, UnderWay] = {}
        self._number = 0
        self._takes_more = False

    @property
    def is_free(self) -> bool:
        """Whether it may take one more: open, not full, and owing no answer for long."""
        is_full = len(self._under_way) >= self._settings.posts_under_way_max
        return self._takes_more and not is_full and not self._owes_for(self._settings.posts_late_seconds)

    def _owes_for(self, seconds: float) -> bool:
        """Whether an answer is owed for so long."""
        oldest = next(iter(self._under_way.values()), None)
        return oldest is not None and self._loop.time() - oldest.since >= seconds

    def bring(self, channel_id: ChannelId, token: str, draft: bytes, trace: str) -> Answered:
        answered: Answered = self._loop.create_future()
        self._number += 1
        self._under_way[self._number] = UnderWay(answered, self._loop.time())
        self._sender.send(_encode(CarriedPost(self._number, channel_id, token, draft, trace)))
        return answered

    async def until_ended(self) -> None:
        """Wait for its end; cut it when it stays silent for as long as a service may."""
        while not self._ended.done():
            await asyncio.wait([self._ended], timeout=WATCH_SECONDS)
            if self._owes_for(self._settings.forward_seconds):
                self.cut("silent")

    def close(self) -> None:
        self._transport.close()

    def cut(self, why: str) -> None:
        log.warning("posts.connection_cut", why=why)
        self._takes_more = False
        self._transport.abort()

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._sender = Sender(self._transport)
        self._sender.send(_encode(self._token))

    def data_received(self, data: bytes) -> None:
        try:
            for value in self._frames.feed(data):
                self._hear(_decode(value))
        except (BadFrame, *UNDECODABLE, KeyError) as error:
            self.cut(repr(error)[:200])

    def connection_lost(self, exc: Exception | None) -> None:
        log.info("posts.connection_ended", error=repr(exc) if exc else "")
        self._takes_more = False
        for answered, _ in self._under_way.values():
            if not answered.done():
                answered.set_exception(Unavailable("Whether it was posted is not known", retry_after_seconds=1))
        self._ended.set_result(None)

    def _hear(self, said: CarriedAnswer | bool) -> None:
        if isinstance(said, bool):
            self._takes_more = said
            if not said:
                self._sender.flush()
                self._transport.write_eof()
            return
        answered = self._under_way.pop(said.number).answered
        if not answered.done():
            answered.set_result(said.answer)
