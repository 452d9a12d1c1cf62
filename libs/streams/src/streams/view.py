"""A view: every replica reads everything from now on; nothing is stored, nothing acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from redis.asyncio import Redis

from contracts.events import Envelope
from streams import bus, ending, meters

logger = structlog.get_logger()

Deliver = Callable[[list[Envelope]], object]


class View:
    """Reads several streams; what one read returned is delivered together. Repeats are possible: drop them by `seq`."""

    def __init__(
        self,
        redis: Redis,
        *,
        streams: Sequence[str],
        deliver: Deliver,
        since: timedelta = timedelta(0),
        batch_max: int = 500,
        block_ms: int = 2000,
        pause_seconds: float = 0.2,
    ) -> None:
        self._redis = redis
        self._line = bus.Line(redis)
        self._streams = tuple(streams)
        self._deliver = deliver
        self._since = since
        self._batch_max = batch_max
        self._block_ms = block_ms
        self._pause_seconds = pause_seconds
        self._positions: dict[str, bytes | str] = {}
        self.started = asyncio.Event()
        """Set once the place to read from is known: whatever is told from then on will be delivered."""

    async def run(self) -> None:
        """Read until cancelled. Away is waited out; reading goes on where it stopped."""
        while True:
            ending.heed()
            try:
                if not self._positions:
                    await self._begin()
                for stream, entries in await bus.read(
                    self._line, self._positions, count=self._batch_max, block_ms=self._block_ms
                ):
                    self._positions[stream] = entries[-1][0]
                    self._deliver([envelope for entry in entries if (envelope := self._decoded(stream, entry))])
            except bus.AWAY as error:
                logger.warning("view.paused", streams=self._streams, error=repr(error)[:300])
                await asyncio.sleep(self._pause_seconds)

    async def _begin(self) -> None:
        milliseconds = await bus.clock_ms(self._redis) - int(self._since.total_seconds() * 1000)
        self._positions = dict.fromkeys(self._streams, f"{milliseconds}-0")
        self.started.set()

    def _decoded(self, stream: str, entry: bus.Entry) -> Envelope | None:
        try:
            return bus.decode(entry[1])
        except bus.Malformed as error:
            meters.unreadable.add(1, {"stream": stream})
            logger.warning("view.unreadable", stream=stream, entry=entry[0].decode(), error=str(error)[:200])
            return None
