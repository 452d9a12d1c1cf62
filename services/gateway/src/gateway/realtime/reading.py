"""Reading the owners' logs: to open a topic, to fill a gap, to let somebody catch up, to learn who may watch."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, Protocol

import structlog

from contracts.events import LogPage
from contracts.problems import NotFound, Problem, Unavailable
from gateway.realtime import meters
from gateway.realtime.topic import Asked, Topic
from gateway.settings import Settings

log = structlog.get_logger()

RETRY_SECONDS: Final = 1.0
LISTENING_SECONDS_MAX: Final = 3.0
CHANGES_KEPT_SECONDS: Final = 60.0


class Logs(Protocol):
    """The logs of the services that own topics."""

    def knows(self, topic: str) -> bool: ...
    async def page(self, topic: str, *, after: int | None, limit: int, audience: bool) -> LogPage: ...


class Topics(Protocol):
    """Where the open topics are kept."""

    def write(self, topics: list[Topic]) -> None: ...
    def close(self, topic: Topic) -> None: ...


class Reader:
    """One call at a time per topic, for all who wait; and which topics hang on which space."""

    def __init__(self, logs: Logs, settings: Settings, topics: Topics) -> None:
        self.listening = asyncio.Event()
        """Set when the streams are read: what is told from then on will be heard."""
        self._logs = logs
        self._settings = settings
        self._topics = topics
        self._reading: set[Topic] = set()
        self._calls = asyncio.Semaphore(settings.log_calls_max)
        self._tasks: set[asyncio.Task[None]] = set()
        self._dependents: dict[str, set[Topic]] = {}
        self.changed_at: dict[str, float] = {}

    def knows(self, name: str) -> bool:
        return self._logs.knows(name)

    def read(self, topic: Topic) -> None:
        """See to it that the topic's log is read until nothing is missing."""
        if topic not in self._reading:
            self._reading.add(topic)
            self.spawn(self._keep_reading(topic))

    def changed(self, space: str) -> tuple[Topic, ...]:
        """Access in the space changed just now; gives the open topics that hang on it."""
        now = time.monotonic()
        self.changed_at = {one: at for one, at in self.changed_at.items() if now - at < CHANGES_KEPT_SECONDS}
        self.changed_at[space] = now
        return tuple(self._dependents.get(space, ()))

    def forget(self, topic: Topic) -> None:
        for topics in self._dependents.values():
            topics.discard(topic)
        self._dependents = {space: topics for space, topics in self._dependents.items() if topics}

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
        try:
            while not topic.closed and (topic.waiting or topic.misses_events or topic.must_ask_audience):
                await self._read_once(topic)
        finally:
            self._reading.discard(topic)

    async def _read_once(self, topic: Topic) -> None:
        waiting, must_ask = topic.waiting, topic.must_ask_audience
        began, wanted, seen = time.monotonic(), topic.wanted, topic.seen
        topic.waiting, topic.must_ask_audience = [], False
        try:
            page = await self._page(topic, wanted, waiting)
        except NotFound as refusal:
            _refuse(topic, [*waiting, *topic.waiting], refusal)
            self._topics.close(topic)
        except Problem as problem:
            log.warning("topic.log_unavailable", topic=topic.name, error=problem.detail)
            _refuse(topic, [*waiting, *topic.waiting], Unavailable())
            topic.must_ask_audience = must_ask
            if topic.watchers:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._topics.close(topic)
        except BaseException:
            _refuse(topic, waiting, Unavailable())
            raise
        else:
            if self._overtaken(topic, page, began):
                topic.waiting, topic.must_ask_audience = [*waiting, *topic.waiting], True
            else:
                self._take(topic, page, seen if wanted else None)
                for asked in waiting:
                    topic.answer(asked, informed=True)
                topic.waiting = [asked for asked in topic.waiting if not topic.answer(asked, informed=False)]

    def _overtaken(self, topic: Topic, page: LogPage, began: float) -> bool:
        """Whether the space changed since we asked: then the page's audience may be older than the change."""
        space = page.depends_on or topic.depends_on
        return page.audience is not None and space is not None and self.changed_at.get(space, -1.0) >= began

    def _take(self, topic: Topic, page: LogPage, seen: int | None) -> None:
        topic.apply(page, seen=seen)
        if topic.depends_on is not None:
            self._dependents.setdefault(topic.depends_on, set()).add(topic)
        self._topics.write([topic])
        topic.lose_strangers()

    async def _page(self, topic: Topic, wanted: list[int], waiting: list[Asked]) -> LogPage:
        """All that is wanted in one call where possible; a second one when somebody is too far behind to be helped."""
        audience = topic.head is None or topic.audience_is_old or bool(waiting)
        limit = self._settings.ring_events_max
        try:
            async with asyncio.timeout(LISTENING_SECONDS_MAX):
                await self.listening.wait()
        except TimeoutError:
            raise Unavailable("the streams cannot be read") from None
        if not wanted:
            return await self._call(topic, after=None, limit=limit, audience=True)
        lowest = min(wanted)
        margin = self._settings.ring_margin if topic.goes_back(lowest) else 0
        page = await self._call(topic, after=max(0, lowest - margin), limit=limit, audience=audience)
        near = [after for after in wanted if page.seq - limit <= after <= page.seq]
        if page.reset and near and (margin or len(near) < len(wanted)):
            page = await self._call(topic, after=min(near), limit=limit, audience=audience)
        return page

    async def _call(self, topic: Topic, *, after: int | None, limit: int, audience: bool) -> LogPage:
        async with self._calls:
            meters.log_calls.add(1)
            return await self._logs.page(topic.name, after=after, limit=limit, audience=audience)


def _refuse(topic: Topic, waiting: list[Asked], refusal: Problem) -> None:
    for asked in waiting:
        topic.refuse(asked, refusal)
    topic.waiting = []
