"""What one client may say and in which order: hello, then watch, unwatch, typing, presence, ping."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

import structlog

from chassis.tokens import Caller
from contracts.ids import UserId, new_id
from contracts.problems import Problem, Unauthenticated
from contracts.times import NEVER
from gateway.realtime import frames
from gateway.realtime.codecs import Codec, tell
from gateway.realtime.frames import CLOSE_CODE_OF, BadFrame, CloseCode, Command, Told
from gateway.realtime.socket import Socket
from gateway.realtime.topic import Asked, Topic
from gateway.settings import Settings

log = structlog.get_logger()


class Wish(NamedTuple):
    """To watch a topic from `after` on, or (`ends`) no longer; they are granted in the order they came."""

    topic: str
    after: int | None
    ends: bool
    done: Callable[[], None]


Verify = Callable[[str], Awaitable[Caller]]
EARLY_FRAMES_MAX = 16


class Observers(Protocol):
    """Learn what people do: typing and presence."""

    def typed(self, session: "Session", channel_id: str) -> None: ...
    def presence_changed(self, session: "Session") -> None: ...
    def joined(self, session: "Session", topic: Topic) -> None: ...
    def left(self, session: "Session", topic: Topic) -> None: ...


class Place(Protocol):
    """Where sessions meet topics."""

    observers: Observers

    def opened(self, session: "Session") -> None: ...
    def admit(self, session: "Session", caller: Caller) -> None: ...
    def left(self, session: "Session") -> None: ...
    def watch(self, name: str, asked: Asked) -> None: ...
    def unwatch(self, session: "Session", name: str) -> None: ...
    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...


class Session:
    """One client from its hello to its end."""

    __slots__ = (
        "_early",
        "_expiry",
        "_frames",
        "_frames_at",
        "_granting",
        "_hub",
        "_loop",
        "_timer",
        "_verify",
        "_wishes",
        "caller",
        "codec",
        "id",
        "number",
        "settings",
        "socket",
        "state",
        "topics",
        "typed_at",
        "user_id",
    )  # fmt: skip

    def __init__(self, socket: Socket, hub: Place, verify: Verify, settings: Settings) -> None:
        self.id = str(new_id())
        self.number = 0
        self.socket = socket
        self.codec: Codec = socket.codec
        self.settings = settings
        self.caller: Caller | None = None
        self.user_id: UserId | None = None
        self.topics: dict[str, Topic] = {}
        self.state: Literal["active", "idle"] = "active"
        self.typed_at = NEVER
        self._hub = hub
        self._verify = verify
        self._early: list[bytes] | None = None
        self._wishes: deque[Wish] = deque()
        self._granting = False
        self._frames = settings.frames_burst
        self._frames_at = NEVER
        self._timer: asyncio.TimerHandle | None = None

    # what the socket calls

    def opened(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._frames_at = self._loop.time()
        self._timer = self._loop.call_later(self.settings.hello_seconds, self._never_said_hello)
        greeting = self.codec.greeting(self.id)
        if greeting:
            self.socket.send(greeting)
        self._hub.opened(self)

    def may_speak(self) -> bool:
        """Count a frame, whatever its kind and whether it completes anything; False when that was one too many."""
        may = self._may_cost(1.0)
        if not may:
            self.socket.close(CloseCode.TOO_MANY, "too many frames")
        return may

    def heard(self, text: bytes) -> None:
        if self._early is not None:
            if len(self._early) == EARLY_FRAMES_MAX:
                self.socket.close(CloseCode.BAD_FRAME, "wait for ready")
            self._early.append(text)
        else:
            try:
                self._understand(text)
            except Problem as problem:
                self.end(problem)

    def drained(self) -> None:
        self._grant()

    def ended(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wishes.clear()
        self._hub.left(self)

    # what the hub calls

    def tell(self, frame: Told) -> None:
        self.socket.send(tell(self.codec, frame))

    def end(self, problem: Problem) -> None:
        """Close the socket over a problem that concerns all of it."""
        self.socket.close(CLOSE_CODE_OF.get(problem.kind, CloseCode.BAD_FRAME), problem.detail or problem.code)

    def remember(self, topic: Topic) -> None:
        if self.topics.get(topic.name) is not topic:
            self.topics[topic.name] = topic
            self._hub.observers.joined(self, topic)

    def forget(self, topic: Topic) -> None:
        topic.remove(self)
        if self.topics.pop(topic.name, None) is not None:
            self._hub.observers.left(self, topic)

    # hello

    def _never_said_hello(self) -> None:
        self.socket.close(CloseCode.BAD_TOKEN, "no hello")

    async def _greet(self, token: str) -> None:
        try:
            caller = await self._verify(token)
            if self.user_id is not None and self.user_id != caller.user_id:
                raise Unauthenticated("The token is somebody else's")
            self._welcome(caller)
        except Problem as problem:
            refusal = self.codec.refusal(problem)
            if refusal:
                self.socket.send(refusal)
            self.end(problem)

    def _welcome(self, caller: Caller) -> None:
        if self.socket.closed:
            return
        first = self.caller is None
        self._hub.admit(self, caller)
        self.caller, self.user_id = caller, caller.user_id
        if first:
            self.socket.send(self.codec.welcome(self.id))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(0.0, caller.expires_at - time.time()), self._token_expired)
        self.tell(
            frames.Ready(
                session=str(caller.session_id),
                user_id=str(caller.user_id),
                heartbeat_ms=self.settings.heartbeat_seconds * 1000,
            )
        )
        early, self._early = self._early or [], None
        for text in early:
            if not self.socket.closed:
                self._understand(text)

    def _token_expired(self) -> None:
        self.socket.close(CloseCode.BAD_TOKEN, "token_expired")

    # everything else

    def _understand(self, text: bytes) -> None:
        heard = self.codec.hear(text)
        if heard.answer is not None:
            self.socket.send(heard.answer)
        if heard.leaving:
            self.socket.close(1000)
        elif heard.command is not None:
            self._obey(heard.command, heard.ack)

    def _obey(self, command: Command, ack: bytes | None) -> None:
        done = _nothing if ack is None else partial(self._acknowledge, ack)
        match command:
            case frames.Hello(token):
                self._early = []
                self._hub.spawn(self._greet(token))
            case _ if self.caller is None:
                raise BadFrame("say hello first")
            case frames.Watch(topics):
                if any(after is not None and after < 0 for after in topics.values()):
                    raise BadFrame("a position is never negative")
                self._wish(topics, ends=False, done=done)
                return
            case frames.Unwatch(names):
                self._wish(dict.fromkeys(names), ends=True, done=done)
                return
            case frames.Ping(n):
                self.tell(frames.Pong(n=n))
            case frames.Typing(channel_id):
                self._hub.observers.typed(self, channel_id)
            case frames.Presence(state):
                self.state = state
                self._hub.observers.presence_changed(self)
        done()

    def _acknowledge(self, ack: bytes) -> None:
        self.socket.send(self.codec.done(ack))

    def _wish(self, topics: Mapping[str, int | None], *, ends: bool, done: Callable[[], None]) -> None:
        if not self._may_cost(len(topics) / 10):
            self.socket.close(CloseCode.TOO_MANY, "too many topics at once")
            return
        last = len(topics)
        for number, (name, after) in enumerate(topics.items(), 1):
            self._wishes.append(Wish(name, after, ends, done if number == last else _nothing))
        if not topics:
            done()
        self._grant()

    def _grant(self) -> None:
        """Go on with the wishes: one after another, and only while the client takes what it is sent."""
        while self._wishes and not (self._granting or self.socket.backlogged or self.socket.closed):
            wish = self._wishes.popleft()
            if wish.ends:
                self._hub.unwatch(self, wish.topic)
                wish.done()
            elif len(self.topics) >= self.settings.topics_per_socket_max and wish.topic not in self.topics:
                self.tell(frames.problem(frames.TooManyTopics, topic=wish.topic))
                wish.done()
            else:
                self._granting = True
                self._hub.watch(wish.topic, Asked(self, wish.after, partial(self._granted, wish)))

    def _granted(self, wish: Wish) -> None:
        self._granting = False
        wish.done()
        self._loop.call_soon(self._grant)

    def _may_cost(self, cost: float) -> bool:
        """A bucket that fills with `frames_per_second`, up to a burst."""
        now = self._loop.time()
        settings = self.settings
        self._frames = min(settings.frames_burst, self._frames + (now - self._frames_at) * settings.frames_per_second)
        self._frames_at = now
        self._frames -= cost
        return self._frames >= 0


def _nothing() -> None:
    """What is done when nobody asked for an acknowledgement."""
