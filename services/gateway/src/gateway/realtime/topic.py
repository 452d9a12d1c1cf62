"""One open topic: where it stands, its recent events, who watches, and how gaps are filled from the owner's log."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from opentelemetry.trace import Span

from contracts.events import Envelope, LogPage
from contracts.ids import UserId
from contracts.problems import NotFound, Problem
from gateway.realtime.access import Change
from gateway.realtime.codecs import Codec, tell
from gateway.realtime.frames import Reset, Told, TopicLost, Watched, problem
from gateway.realtime.ring import Ring
from gateway.realtime.socket import Socket
from gateway.realtime.traces import span_of
from gateway.settings import Settings


class Watcher(Protocol):
    """A client, as a topic knows it."""

    socket: Socket
    codec: Codec
    user_id: UserId | None

    def tell(self, frame: Told) -> None: ...
    def remember(self, topic: "Topic") -> None: ...
    def forget(self, topic: "Topic") -> None: ...


class Asked(NamedTuple):
    """A wish to watch: `after` is the last `seq` the client has seen, None means from now on."""

    session: Watcher
    after: int | None
    answered: Callable[[], None]


class Topic:
    """Its events are known without a gap from `start` to `head`; what comes twice is dropped, what is missing is read.

    Everything that changes the position or the watchers happens in one go, never across an await: so nobody can join
    between a replay and what follows it.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.head: int | None = None
        self.depends_on: str | None = name if name.startswith("space:") else None
        self.audience: set[UserId] = set()
        self.readers: frozenset[UserId] = frozenset()
        """Those of the audience who may say nothing there."""
        self.audience_seq = 0
        """The position of the topic it depends on up to which nobody is in the audience who was excluded."""
        self.audience_wanted = 0
        """A position at which somebody may have been excluded: where it is later, the owner must be asked."""
        self.audience_is_old = False
        self.closed = False
        self.watchers: dict[Codec, set[Watcher]] = {}
        self.waiting: list[Asked] = []
        self.fresh: list[bytes] = []
        self.spans: list[Span] = []
        self.unwatched_since = time.monotonic()
        self.seen = 0
        self._settings = settings
        self._ring = Ring(settings.ring_events_max)
        self._ahead: dict[int, Envelope] = {}
        self._replay: tuple[Codec, int, int, bytes] | None = None

    # what comes from the stream and the log

    def accept(self, envelope: Envelope) -> bool:
        """Take an event from the stream. Says whether the log must be read: something before the event is missing, or
        its audience was decided later than ours.
        """
        seq = envelope.seq
        if self.head is None or seq > self.head + 1:
            self.seen = max(self.seen, seq)
            if len(self._ahead) < self._settings.ring_events_max:
                self._ahead[seq] = envelope
            return self.head is not None
        if seq == self.head + 1:
            if self._is_decided_later(envelope):
                self.seen = max(self.seen, seq)
                self._ahead[seq] = envelope
                return True
            self._append(envelope)
            if self._ahead:
                self.show_what_may_be_shown()
        return False

    def _is_decided_later(self, envelope: Envelope) -> bool:
        """Whether its audience was decided when somebody may have been excluded whom ours still has."""
        return envelope.audience_seq is not None and envelope.audience_seq > self.audience_seq

    @property
    def misses_events(self) -> bool:
        """Whether something before the last event is missing, or an event waits for a newer audience."""
        return self.head is not None and self.seen > self.head

    @property
    def must_ask_audience(self) -> bool:
        return self.audience_wanted > self.audience_seq

    def hear_of_space(self, seq: int, change: Change) -> None:
        """Its space told something: after that the audience is as new, or must be asked for."""
        if seq <= self.audience_seq:
            return
        concerns = change.concerns(self.name)
        if change.left is not None:
            self.audience.discard(change.left)
            self.lose_strangers()
        elif concerns:
            self.audience_is_old = True
        if seq == self.audience_seq + 1 and not (concerns and change.may_exclude):
            self.audience_seq = seq
            self.show_what_may_be_shown()
        else:
            self.audience_wanted = seq

    def apply(self, page: LogPage, *, audience_seq: int, seen: int | None) -> None:
        """Take what the log said, with an audience that is as new as `audience_seq`. A gap that cannot be filled any
        more resets everybody.

        `seen` is how far the stream had come when the log was asked for events: what the log lacks of that is nowhere.
        """
        if page.audience is not None:
            self.audience, self.audience_is_old = set(page.audience), False
            self.readers = page.readers
            self.depends_on = page.depends_on or self.depends_on
            self.audience_seq = max(self.audience_seq, audience_seq)
            self.lose_strangers()
        if self.head is None or (page.reset and page.seq > self.head):
            self.reset_watchers(page.seq)
            self.head = page.seq
            self._ring.clear()
            self._ring.extend_back(page.events)
        else:
            self._fill(page.events)
        self.show_what_may_be_shown()
        if seen is not None and self.seen <= seen:
            self.seen = self.head

    def _fill(self, events: tuple[Envelope, ...]) -> None:
        start = self._start
        self._ring.extend_back([event for event in events if event.seq < start])
        for event in events:
            if self.head is not None and event.seq == self.head + 1:
                self._append(event)

    def _append(self, envelope: Envelope) -> None:
        self.head = envelope.seq
        payload = self._ring.append(envelope)
        if self.watchers:
            self.fresh.append(payload)
            if envelope.trace.endswith("1"):  # the sampled flag of a traceparent
                self.spans.append(span_of(envelope))

    def show_what_may_be_shown(self) -> None:
        """The events that follow, as far as they are there and the audience is as new as they are."""
        while self.head is not None and (envelope := self._ahead.get(self.head + 1)):
            if self._is_decided_later(envelope):
                return
            del self._ahead[envelope.seq]
            self._append(envelope)
        head = self.head or 0
        if any(seq <= head for seq in self._ahead):
            self._ahead = {seq: event for seq, event in self._ahead.items() if seq > head}

    # who watches

    def answer(self, asked: Asked, *, informed: bool) -> bool:
        """Admit or refuse. False: the log must be asked first; `informed` says that it was, after the question."""
        session, after = asked.session, asked.after
        if session.socket.closed:
            return True
        if self.head is None:
            return False
        if session.user_id not in self.audience:
            if self.audience_is_old and not informed:
                return False
            self.refuse(asked, NotFound())
        elif after is None:
            self._admit(asked, b"")
        elif self._start - 1 <= after <= self.head:
            replay = self._replay_after(after, session.codec)
            if len(replay) > self._settings.queue_bytes_max:
                self._reset(asked)
            else:
                self._admit(asked, replay)
        elif informed:
            self._reset(asked)
        else:
            return False
        return True

    def refuse(self, asked: Asked, refusal: Problem) -> None:
        asked.session.tell(problem(refusal, topic=self.name))
        asked.answered()

    def remove(self, session: Watcher) -> None:
        sessions = self.watchers.get(session.codec)
        if sessions is not None:
            sessions.discard(session)
            if not sessions:
                del self.watchers[session.codec]

    def sessions(self) -> list[Watcher]:
        return [session for sessions in self.watchers.values() for session in sessions]

    def lose_strangers(self) -> None:
        """Watchers who are no longer of the audience lose the topic."""
        for session in self.sessions():
            if session.user_id not in self.audience:
                self.lose(session)

    def lose(self, session: Watcher) -> None:
        session.forget(self)
        session.tell(problem(TopicLost, topic=self.name))

    def reset_watchers(self, seq: int) -> None:
        for session in self.sessions():
            session.forget(self)
            session.tell(Reset(topic=self.name, seq=seq))

    def wanted_of(self, waiting: list[Asked]) -> list[int]:
        """Positions that the log must be read from: of those who wait and of our own gap."""
        afters = [asked.after for asked in waiting if asked.after is not None]
        if self.head is None:
            return afters
        head, start = self.head, self._start
        unknown = [min(after, head) for after in afters if not start - 1 <= after <= head]
        return [*unknown, head] if self.misses_events else unknown

    def goes_back(self, after: int) -> bool:
        return self.head is None or after < self._start - 1

    @property
    def _start(self) -> int:
        """The first `seq` in the ring; one after `head` when it is empty."""
        return (self.head or 0) - len(self._ring) + 1

    def _admit(self, asked: Asked, replay: bytes) -> None:
        session = asked.session
        watched = tell(session.codec, Watched(topic=self.name, seq=self.head or 0))
        session.socket.send(replay + watched, count=0)  # A replay is no sign of slowness; its bytes still count.
        if not session.socket.closed:
            self.watchers.setdefault(session.codec, set()).add(session)
            session.remember(self)
        asked.answered()

    def _reset(self, asked: Asked) -> None:
        asked.session.forget(self)
        asked.session.tell(Reset(topic=self.name, seq=self.head or 0))
        asked.answered()

    def _replay_after(self, after: int, codec: Codec) -> bytes:
        """The missed events as frames; the last answer is kept, for those who come back together."""
        head = self.head or 0
        if after == head:
            return b""
        if self._replay is None or self._replay[:3] != (codec, after, head):
            missed = self._ring.last(head - after)
            self._replay = codec, after, head, b"".join(codec.tell("event", payload) for payload in missed)
        return self._replay[3]
