"""A broadcast subscriber: every copy reads everything from now on; nothing is stored, nothing acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from redis.asyncio import Redis

from chassis.background import BOUND_SECONDS, Worker
from chassis.poison import SetAside
from contracts.events import Envelope
from streams import bus, meters

logger = structlog.get_logger()

Deliver = Callable[[list[Envelope]], object]


class BroadcastSubscriber:
    """Reads several streams; what one read returned is delivered together. Repeats are possible: drop them by `seq`.

    An event that cannot be delivered is delivered by itself once more, then passed over: nothing waits for it.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        streams: Sequence[str],
        deliver: Deliver,
        since: timedelta = timedelta(0),
        batch_max: int = 500,
        block_ms: int = 2000,
    ) -> None:
        self._redis = redis
        self._line = bus.DedicatedConnection(redis)
        self._streams = tuple(streams)
        self._deliver = deliver
        self._since = since
        self._batch_max = batch_max
        self._block_ms = block_ms
        self._positions: dict[str, bytes | str] = {}
        self._set_aside = SetAside(self._name, per_minute_max=None)
        self.started = asyncio.Event()
        """Set once the place to read from is known: whatever is published from then on will be delivered."""

    @property
    def _name(self) -> str:
        return f"subscriber {','.join(self._streams)}"

    def worker(self, *, bound_seconds: float = BOUND_SECONDS) -> Worker:
        """What reads. It goes on where it stopped when Redis is back."""
        return Worker(self._name, self._step, bound_seconds=bound_seconds, set_aside=self._set_aside)

    async def _step(self) -> None:
        if not self._positions:
            await self._begin()
        for stream, entries in await bus.read(
            self._line, self._positions, count=self._batch_max, block_ms=self._block_ms
        ):
            self._positions[stream] = entries[-1][0]
            self._deliver_all([envelope for entry in entries if (envelope := self._decoded(stream, entry))])

    def _deliver_all(self, envelopes: list[Envelope]) -> None:
        try:
            self._deliver(envelopes)
        except Exception:  # noqa: BLE001  said below, of the one whose fault it is
            for envelope in envelopes:
                with self._set_aside.handling(envelope.id):
                    self._deliver([envelope])

    async def _begin(self) -> None:
        milliseconds = await bus.clock_ms(self._redis) - int(self._since.total_seconds() * 1000)
        self._positions = dict.fromkeys(self._streams, f"{milliseconds}-0")
        self.started.set()

    def _decoded(self, stream: str, entry: bus.Entry) -> Envelope | None:
        try:
            return bus.decode(entry[1])
        except bus.Malformed as error:
            meters.unreadable.add(1, {"stream": stream})
            logger.warning("subscriber.unreadable", stream=stream, entry=entry[0].decode(), error=str(error)[:200])
            return None
