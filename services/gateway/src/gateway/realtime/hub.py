"""Where events meet sockets: the open topics, who is connected, and who reads whose log when."""

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine, Iterable
from typing import Any, Final, TypeVar

from chassis.background import Worker, every
from chassis.tokens import Caller
from contracts.events import Envelope
from contracts.ids import SessionId, UserId
from contracts.problems import NotFound
from contracts.times import now
from gateway.realtime import meters
from gateway.realtime.access import change_of_access
from gateway.realtime.codecs import tell
from gateway.realtime.frames import CloseCode, Told, TooMany
from gateway.realtime.reading import Logs, Reader
from gateway.realtime.session import Observers, Session
from gateway.realtime.topic import Asked, Topic, Watcher
from gateway.settings import Settings

KeyT = TypeVar("KeyT", UserId, SessionId)

TIDY_SECONDS: Final = 15.0


class Hub:
    """One per process. Only the reading of logs takes time; all else happens in one go on the event loop."""

    def __init__(self, logs: Logs, settings: Settings, observers: Observers) -> None:
        self.topics: dict[str, Topic] = {}
        self.sessions: set[Session] = set()
        self.observers = observers
        self.draining = False
        self.reader = Reader(logs, settings, self)
        self._settings = settings
        self._numbers = itertools.count()
        self.by_user: dict[UserId, set[Session]] = {}
        self.by_session: dict[SessionId, set[Session]] = {}

    # sessions

    def opened(self, session: Session) -> None:
        session.number = next(self._numbers)
        self.sessions.add(session)
        meters.sockets.add(1)

    def admit(self, session: Session, caller: Caller) -> None:
        """The client has said who it is; said again with a token of another session, that one is what it hangs on."""
        former = session.caller
        if former is None:
            if len(self.by_user.get(caller.user_id, ())) >= self._settings.sockets_per_user_max:
                raise TooMany("too many sockets")
            self.by_user.setdefault(caller.user_id, set()).add(session)
        elif former.session_id != caller.session_id:
            _discard(self.by_session, former.session_id, session)
        self.by_session.setdefault(caller.session_id, set()).add(session)

    def left(self, session: Session) -> None:
        """The socket is gone; to be called as often as one likes."""
        if session not in self.sessions:
            return
        self.sessions.discard(session)
        meters.sockets.add(-1)
        for topic in tuple(session.topics.values()):
            session.forget(topic)
        caller = session.caller
        if caller is not None:
            _discard(self.by_user, caller.user_id, session)
            _discard(self.by_session, caller.session_id, session)

    def of_user(self, user_id: UserId) -> frozenset[Session]:
        return frozenset(self.by_user.get(user_id, ()))

    def end_session(self, session_id: SessionId) -> None:
        """Close what a revoked session has open."""
        for session in tuple(self.by_session.get(session_id, ())):
            session.socket.close(CloseCode.SESSION_ENDED, "session_ended")

    # topics

    def watch(self, name: str, asked: Asked) -> None:
        topic = self.topics.get(name)
        if topic is None:
            if not self.reader.knows(name):
                Topic(name, self._settings).refuse(asked, NotFound())
                return
            topic = self.topics[name] = Topic(name, self._settings)
        if not topic.answer(asked, informed=False):
            topic.waiting.append(asked)
            self.reader.read(topic)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.reader.spawn(work)

    def unwatch(self, session: Session, name: str) -> None:
        topic = self.topics.get(name)
        if topic is not None:
            session.forget(topic)

    def deliver(self, envelopes: Iterable[Envelope]) -> None:
        """Take what one read of the streams returned; each client gets its share of it in one write."""
        touched: dict[Topic, None] = {}
        first: Envelope | None = None
        for envelope in envelopes:
            topic = self.topics.get(envelope.topic)
            if topic is not None:
                if topic.accept(envelope):
                    self.reader.read(topic)
                touched[topic] = None
                first = first or envelope
            if envelope.topic.startswith("space:"):
                touched |= dict.fromkeys(self._change_access(envelope))
        self.write([topic for topic in touched if topic.fresh])
        if first is not None:
            meters.fan_out.record((now() - first.at).total_seconds())

    def write(self, topics: list[Topic]) -> None:
        """Send what is fresh in these topics: encoded once, one write per client."""
        letters: dict[Watcher, list[bytes]] = {}
        counts: dict[Watcher, int] = {}
        for topic in topics:
            fresh, topic.fresh = topic.fresh, []
            for codec, sessions in topic.watchers.items():
                letter = b"".join([codec.tell("event", payload) for payload in fresh])
                if len(topics) == 1:
                    self._post(sessions, letter, len(fresh))
                    continue
                for session in sessions:
                    letters.setdefault(session, []).append(letter)
                    counts[session] = counts.get(session, 0) + len(fresh)
        for session, parts in letters.items():
            session.socket.send(b"".join(parts), count=counts[session])
        meters.deliveries.add(sum(counts.values()))
        for topic in topics:
            for span in topic.spans:
                span.end()
            topic.spans.clear()

    def tell_watchers(self, topic: Topic, frame: Told, *, but: UserId | None = None) -> None:
        """Something that passes: no `seq`, no replay."""
        for codec, sessions in topic.watchers.items():
            letter = tell(codec, frame)
            for session in tuple(sessions):
                if session.user_id != but:
                    session.socket.send(letter)

    def _post(self, sessions: set[Watcher], letter: bytes, count: int) -> None:
        for session in tuple(sessions):
            session.socket.send(letter, count=count)
        meters.deliveries.add(count * len(sessions))

    def _change_access(self, envelope: Envelope) -> tuple[Topic, ...]:
        """A space told who may see what: act on it now where the event says enough, ask its owner where not. Returns
        the topics that depend on it.
        """
        change = change_of_access(envelope)
        topics = self.reader.spaces.hear(envelope.topic, envelope.seq, may_exclude=change.excludes)
        for topic in topics:
            if change.gone_topic == topic.name:
                self.close(topic)
                continue
            topic.hear_of_space(envelope.seq, change)
            if topic.must_ask_audience:
                self.reader.read(topic)
        return topics

    def close(self, topic: Topic) -> None:
        """The topic is gone, or nobody has wanted it for a while."""
        topic.closed = True
        for session in topic.sessions():
            topic.lose(session)
        self.reader.spaces.forget(topic)
        self.topics.pop(topic.name, None)

    def worker(self) -> Worker:
        """What closes topics that are not watched any more."""
        return Worker("topics", self.close_idle_topics, wait=every(TIDY_SECONDS))

    async def close_idle_topics(self) -> None:
        """Close topics that nobody has watched for `topic_linger_seconds`."""
        self.reader.spaces.forget_old()
        for topic in tuple(self.topics.values()):
            if topic.watchers or topic.waiting:
                topic.unwatched_since = time.monotonic()
            elif time.monotonic() - topic.unwatched_since > self._settings.topic_linger_seconds:
                self.close(topic)

    async def drain(self) -> None:
        """Ask everybody to come back elsewhere; spread over `drain_sockets_seconds`, so that not all come at once."""
        self.draining = True
        sessions = list(self.sessions)
        random.shuffle(sessions)
        pause = self._settings.drain_sockets_seconds / max(1, len(sessions))
        behind = 0.0
        for session in sessions:
            session.socket.close(CloseCode.RESTART, "restart")
            behind += pause
            if behind > 0.05:
                await asyncio.sleep(behind)
                behind = 0.0


def _discard(groups: "dict[KeyT, set[Session]]", key: KeyT, session: Session) -> None:
    group = groups.get(key)
    if group is not None:
        group.discard(session)
        if not group:
            del groups[key]
