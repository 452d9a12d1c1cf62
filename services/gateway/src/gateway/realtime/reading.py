"""Reading the owners' logs: to open a topic, to fill a gap, to let somebody catch up, to learn who may watch."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, Protocol

import structlog

from contracts.events import LogPage
from contracts.problems import NotFound, Problem, Unavailable
from gateway.realtime import meters
from gateway.realtime.spaces import LATEST, Spaces
from gateway.realtime.topic import Asked, Topic
from gateway.settings import Settings

log = structlog.get_logger()

RETRY_SECONDS: Final = 1.0
LISTENING_SECONDS_MAX: Final = 3.0
OVERTAKEN_SECONDS: Final = 0.02
"""Before the log is asked again, when its answer was older than what had been heard meanwhile."""


class Logs(Protocol):
    """The logs of the services that own topics."""

    def knows(self, topic: str) -> bool: ...
    async def page(self, topic: str, *, after: int | None, limit: int, audience: bool) -> LogPage: ...


class Topics(Protocol):
    """Where the open topics are kept."""

    def write(self, topics: list[Topic]) -> None: ...
    def close(self, topic: Topic) -> None: ...


class Reader:
    """One call at a time per topic, for all who wait."""

    def __init__(self, logs: Logs, settings: Settings, topics: Topics) -> None:
        self.listening = asyncio.Event()
        """Set when the streams are read: what is told from then on will be heard."""
        self._logs = logs
        self._settings = settings
        self._topics = topics
        self._reading: set[Topic] = set()
        self._calls = asyncio.Semaphore(settings.log_calls_max)
        self._tasks: set[asyncio.Task[None]] = set()
        self.spaces = Spaces()

    def knows(self, name: str) -> bool:
        return self._logs.knows(name)

    def read(self, topic: Topic) -> None:
        """See to it that the topic's log is read until nothing is missing."""
        if topic not in self._reading:
            self._reading.add(topic)
            self.spawn(self._keep_reading(topic))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("realtime.failed", exc_info=error)

    async def _keep_reading(self, topic: Topic) -> None:
        loop = asyncio.get_running_loop()
        too_late = loop.call_later(self._settings.held_seconds_max, self._give_up, topic)
        try:
            while not topic.closed and (topic.waiting or topic.misses_events or topic.must_ask_audience):
                await self._read_once(topic)
        finally:
            too_late.cancel()
            self._reading.discard(topic)

    def _give_up(self, topic: Topic) -> None:
        """What could not be shown for so long, its watchers have to fetch."""
        if topic.misses_events:
            log.warning("topic.held_too_long", topic=topic.name)
            topic.reset_watchers(topic.head or 0)

    async def _read_once(self, topic: Topic) -> None:
        waiting, topic.waiting = topic.waiting, []
        asked_at, wanted, seen = time.monotonic(), topic.wanted_of(waiting), topic.seen
        try:
            page = await self._page(topic, wanted)
        except NotFound as refusal:
            _refuse(topic, [*waiting, *topic.waiting], refusal)
            self._topics.close(topic)
        except Problem as problem:
            log.warning("topic.log_unavailable", topic=topic.name, error=problem.detail)
            _refuse(topic, [*waiting, *topic.waiting], Unavailable())
            if topic.watchers:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._topics.close(topic)
        except BaseException:
            _refuse(topic, waiting, Unavailable())
            raise
        else:
            audience_seq = self._version(topic, page, asked_at=asked_at)
            if audience_seq is None:
                topic.waiting = [*waiting, *topic.waiting]
                await asyncio.sleep(OVERTAKEN_SECONDS)
            else:
                self._take(topic, page, audience_seq, seen if wanted else None)
                for asked in waiting:
                    topic.answer(asked, informed=True)
                topic.waiting = [asked for asked in topic.waiting if not topic.answer(asked, informed=False)]

    def _version(self, topic: Topic, page: LogPage, *, asked_at: float) -> int | None:
        """How new the page's audience is; None when it may be older than what was heard since it was asked for."""
        space = page.depends_on or topic.depends_on
        if space is None:
            return LATEST
        version = self.spaces.version(space, page.audience_seq, asked_at=asked_at)
        return None if version is None or version < max(topic.audience_seq, topic.audience_wanted) else version

    def _take(self, topic: Topic, page: LogPage, audience_seq: int, seen: int | None) -> None:
        topic.apply(page, audience_seq=audience_seq, seen=seen)
        if topic.depends_on is not None:
            self.spaces.depend(topic, topic.depends_on, seq=audience_seq)
        self._topics.write([topic])

    async def _page(self, topic: Topic, wanted: list[int]) -> LogPage:
        """All that is wanted in one call where possible; a second one when somebody is too far behind to be helped."""
        limit = self._settings.ring_events_max
        try:
            async with asyncio.timeout(LISTENING_SECONDS_MAX):
                await self.listening.wait()
        except TimeoutError:
            raise Unavailable("the streams cannot be read") from None
        if not wanted:
            return await self._call(topic, after=None, limit=limit)
        lowest = min(wanted)
        margin = self._settings.ring_margin if topic.goes_back(lowest) else 0
        page = await self._call(topic, after=max(0, lowest - margin), limit=limit)
        near = [after for after in wanted if page.seq - limit <= after <= page.seq]
        if page.reset and near and (margin or len(near) < len(wanted)):
            page = await self._call(topic, after=min(near), limit=limit)
        return page

    async def _call(self, topic: Topic, *, after: int | None, limit: int) -> LogPage:
        """Always with the audience of the same moment: it is as new as every event of the page."""
        async with self._calls:
            meters.log_calls.add(1)
            return await self._logs.page(topic.name, after=after, limit=limit, audience=True)


def _refuse(topic: Topic, waiting: list[Asked], refusal: Problem) -> None:
    for asked in waiting:
        topic.refuse(asked, refusal)
    topic.waiting = []
