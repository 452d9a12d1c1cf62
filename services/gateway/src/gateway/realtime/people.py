"""Typing and presence across gateways: told through Redis, forgotten with it, never in anybody's way.

Every gateway writes what it knows into one hash per space (`<gateway>|<user>` -> state) and says so on a channel that
all gateways hear. A gateway itself is alive as long as it renews its lease: with the lease ends all it ever said. So a
power cut needs nobody to clean up, and the work of staying alive does not grow with the number of people.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast

import msgspec
import structlog
from redis.asyncio import Redis

from chassis.background import Step, WakeUp, Worker, every
from contracts.decoding import UNDECODABLE
from contracts.ids import UserId, new_id
from contracts.problems import Forbidden
from contracts.times import now, rfc3339
from gateway.realtime import meters
from gateway.realtime.codecs import tell
from gateway.realtime.frames import NotWatching, PresenceEntry, PresenceList, PresenceTold, TypingTold, problem
from gateway.realtime.hub import Hub
from gateway.realtime.presence import Space, State, strongest
from gateway.realtime.session import Session
from gateway.realtime.topic import Topic
from gateway.settings import Settings
from streams import bus

log = structlog.get_logger()

CHANNEL: Final = "gateway.people"
GATEWAYS: Final = "gateway.gateways"
HASH: Final = "gateway.present:{}"
HASH_SECONDS: Final = 86_400
BEATS_BETWEEN_EXPIRES: Final = 360
LISTEN_SECONDS: Final = 2.0


class Typed(msgspec.Struct, frozen=True, tag="typed"):
    """Somebody writes in a channel."""

    channel_id: str
    user_id: UserId


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """What a gateway says of somebody in a space."""

    space_id: str
    user_id: str
    gateway: str
    state: State


class People:
    """Tells watchers who types and who is there."""

    hub: Hub

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self.id = str(new_id())
        self._redis = redis
        self._settings = settings
        self._spaces: dict[str, Space] = {}
        self._loading: dict[str, list[Moved]] = {}
        self._changed: dict[tuple[str, UserId], None] = {}
        self._typed: list[Typed] = []
        self._beats = 0
        self._woken = WakeUp()
        self._decoder: msgspec.json.Decoder[Typed | Moved] = msgspec.json.Decoder(Typed | Moved)

    # what sessions tell

    def typed(self, session: Session, channel_id: str) -> None:
        topic = f"channel:{channel_id}"
        if topic not in session.topics:
            session.tell(problem(NotWatching, topic=topic))
        elif session.user_id in session.topics[topic].readers:
            session.tell(problem(Forbidden, topic=topic))
        elif session.user_id and time.monotonic() - session.typed_at >= self._settings.typing_pause_seconds:
            session.typed_at = time.monotonic()
            self._typed.append(Typed(channel_id, session.user_id))
            self._woken.notify()

    def presence_changed(self, session: Session) -> None:
        for name in session.topics:
            self._change(session, name)

    def joined(self, session: Session, topic: Topic) -> None:
        space_id = _space_of(topic.name)
        if space_id is None:
            return
        self._change(session, topic.name)
        if space_id in self._spaces:
            self._show_all(space_id, session)
        elif space_id not in self._loading:
            self._loading[space_id] = []
            self.hub.reader.spawn(self._load(space_id))

    def left(self, session: Session, topic: Topic) -> None:
        """They may only be changing trains: look again in a while."""
        if _space_of(topic.name) is not None:
            linger = self._settings.presence_linger_seconds
            asyncio.get_running_loop().call_later(linger, self._change, session, topic.name)

    def _change(self, session: Session, topic: str) -> None:
        space_id = _space_of(topic)
        if space_id is not None and session.user_id is not None:
            self._changed[space_id, session.user_id] = None
            self._woken.notify()

    def _state_here(self, space_id: str, user_id: UserId) -> State:
        topic = f"space:{space_id}"
        return strongest([session.state for session in self.hub.of_user(user_id) if topic in session.topics])

    # to the other gateways

    def workers(self) -> list[Worker]:
        """What keeps gateways informed of each other. Nobody can do without Redis less: none of it makes us unready."""
        beat = every(self._settings.beat_seconds)
        return [
            Worker("presence listen", session=self._listening, bound_seconds=math.inf),
            Worker("presence speak", self.speak, wait=self._woken, bound_seconds=math.inf),
            Worker("presence lease", self.beat, wait=beat, bound_seconds=math.inf),
        ]

    async def speak(self) -> None:
        """Say what changed, all of it together. What Redis did not take is passing anyway, but presence is kept."""
        changed, self._changed = self._changed, {}
        typed, self._typed = self._typed, []
        if not changed and not typed:
            return
        try:
            await self._say(list(changed), typed)
        except BaseException:
            self._changed = changed | self._changed
            raise

    async def _say(self, changed: list[tuple[str, UserId]], typed: list[Typed]) -> None:
        pipeline = cast("Any", self._redis.pipeline(transaction=False))
        for space_id, user_id in changed:
            state = self._state_here(space_id, user_id)
            key, field = HASH.format(space_id), f"{self.id}|{user_id}"
            if state == "offline":
                pipeline.hdel(key, field)
            else:
                pipeline.hset(key, field, state)
                pipeline.expire(key, HASH_SECONDS)
            pipeline.publish(CHANNEL, msgspec.json.encode(Moved(space_id, str(user_id), self.id, state)))
        for one in typed:
            pipeline.publish(CHANNEL, msgspec.json.encode(one))
        await pipeline.execute()

    async def beat(self) -> None:
        """Renew the lease, and part with gateways whose lease has ended."""
        await self._renew(expires=self._beats % BEATS_BETWEEN_EXPIRES == 0)
        self._beats += 1

    async def _renew(self, *, expires: bool) -> None:
        moment = time.time()
        pipeline = cast("Any", self._redis.pipeline(transaction=False))
        pipeline.zadd(GATEWAYS, {self.id: moment + self._settings.lease_seconds})
        pipeline.zremrangebyscore(GATEWAYS, "-inf", moment)
        pipeline.zrange(GATEWAYS, 0, -1)
        for space_id in self._spaces if expires else ():
            pipeline.expire(HASH.format(space_id), HASH_SECONDS)
        added, _, alive, *_ = cast("tuple[int, int, list[bytes]]", tuple(await pipeline.execute()))
        if added:  # for the first time, or Redis has forgotten all that we said
            for session in self.hub.sessions:
                self.presence_changed(session)
        self._bury(alive={gateway.decode() for gateway in alive})
        for space_id in [one for one in self._spaces if f"space:{one}" not in self.hub.topics]:
            del self._spaces[space_id]

    def _bury(self, *, alive: set[str]) -> None:
        for space_id, space in self._spaces.items():
            for gateway in space.gateways() - alive - {self.id}:
                self._show(space_id, space.forget(gateway))

    # from all gateways

    @asynccontextmanager
    async def _listening(self) -> AsyncGenerator[Step]:
        """Hear what is said; after a break, read what was missed."""
        async with cast("Any", self._redis).pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            for space_id in list(self._spaces):
                await self._load(space_id)
            yield partial(self._listen, pubsub)

    async def _listen(self, pubsub: Any) -> None:
        message = await pubsub.get_message(True, timeout=LISTEN_SECONDS)
        if message is not None:
            self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            said = self._decoder.decode(data)
        except UNDECODABLE as error:  # said by a newer release
            meters.undecodable.add(1, {"source": CHANNEL})
            log.warning("people.undecodable", error=str(error)[:200])
            return
        if isinstance(said, Typed):
            topic = self.hub.topics.get(f"channel:{said.channel_id}")
            if topic is not None:
                until = rfc3339(now() + timedelta(seconds=self._settings.typing_seconds))
                told = TypingTold(said.channel_id, str(said.user_id), until)
                self.hub.tell_watchers(topic, told, but=said.user_id)
            return
        if said.space_id in self._loading:
            self._loading[said.space_id].append(said)
        space = self._spaces.get(said.space_id)
        if space is not None and space.say(said.user_id, said.gateway, said.state):
            self._show(said.space_id, [said.user_id])

    async def _load(self, space_id: str) -> None:
        """Read who is there. What is said meanwhile is newer than what was read."""
        meanwhile = self._loading.setdefault(space_id, [])
        read = Space()
        try:
            pipeline = cast("Any", self._redis.pipeline(transaction=False))
            pipeline.hgetall(HASH.format(space_id))
            pipeline.zrangebyscore(GATEWAYS, time.time(), "+inf")
            said, alive = cast("tuple[dict[bytes, bytes], list[bytes]]", tuple(await pipeline.execute()))
        except bus.OUTAGES:
            del self._loading[space_id]
            raise
        for field, state in said.items():
            gateway, _, user_id = field.decode().partition("|")
            if gateway.encode() in alive:
                read.say(user_id, gateway, cast("State", state.decode()))
        for moved in meanwhile:
            read.say(moved.user_id, moved.gateway, moved.state)
        del self._loading[space_id]
        is_new = space_id not in self._spaces
        changed = self._spaces.setdefault(space_id, Space()).replace(read)
        if is_new:
            self._show_list(space_id)
        else:
            self._show(space_id, changed)

    # to the watchers

    def _show(self, space_id: str, user_ids: list[str]) -> None:
        """Who has changed; all, when the limit was crossed by that."""
        topic, space = self.hub.topics.get(f"space:{space_id}"), self._spaces[space_id]
        if space.is_told != self._is_told(space):
            self._show_list(space_id)
        elif topic is not None and space.is_told:
            for user_id in user_ids:
                self.hub.tell_watchers(topic, PresenceTold(space_id, user_id, space.state_of(user_id)))

    def _show_list(self, space_id: str) -> None:
        topic, space = self.hub.topics.get(f"space:{space_id}"), self._spaces[space_id]
        space.is_told = self._is_told(space)
        if topic is not None and self._settings.presence_people_max:
            self.hub.tell_watchers(topic, _list_of(space_id, space))

    def _show_all(self, space_id: str, session: Session) -> None:
        if self._settings.presence_people_max:
            session.socket.send(tell(session.codec, _list_of(space_id, self._spaces[space_id])), count=0)

    def _is_told(self, space: Space) -> bool:
        return len(space.people()) <= self._settings.presence_people_max


def _list_of(space_id: str, space: Space) -> PresenceList:
    people = space.people().items() if space.is_told else ()
    return PresenceList(space_id, tuple(PresenceEntry(user_id, state) for user_id, state in people), space.is_told)


def _space_of(topic: str) -> str | None:
    return topic[6:] if topic.startswith("space:") else None
