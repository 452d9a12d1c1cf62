"""Nobody hears what was said after they were shut out: random interleavings over two gateways.

Access changes and posts are committed by an owner whose answers travel for as long as they like, and reach each gateway
by streams that delay, reorder, repeat and lose.
"""

import asyncio
import os
import random
from collections.abc import Iterable
from typing import Any, cast

import msgspec
import pytest

from chassis.settings import Secret
from contracts.auth import Profile
from contracts.events import Envelope, Event, LogPage
from contracts.ids import ChannelId, MessageId, SpaceId, UserId, new_id
from contracts.messaging import AccessChanged, MemberJoined, MemberLeft, MessagePosted, Role
from contracts.times import now
from gateway.realtime.codecs import Codec, Plain
from gateway.realtime.frames import Told, encode
from gateway.realtime.hub import Hub
from gateway.realtime.socket import Socket
from gateway.realtime.topic import Asked, Topic
from gateway.settings import Settings

SEED = int(os.environ.get("ENEMY_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
HISTORIES = 40
"""Each of a hundred steps; there are five turns of them."""
STEPS = 100
SPACE, CHANNEL = SpaceId(new_id()), ChannelId(new_id())
SPACE_TOPIC, CHANNEL_TOPIC = f"space:{SPACE}", f"channel:{CHANNEL}"
SETTINGS = Settings(
    redis_url=Secret(""), auth_url="", messaging_url="", ring_events_max=30, ring_margin=3, held_seconds_max=60
)
PLAIN = Plain()


class Owner:
    """Messaging, as far as gateways know it: one channel, who may view it, and what was committed in which order."""

    def __init__(self, chance: random.Random, people: Iterable[UserId]) -> None:
        self.chance = chance
        self.viewers = set(people)
        self.logs: dict[str, list[Envelope]] = {SPACE_TOPIC: [], CHANNEL_TOPIC: []}
        self.viewers_at: list[frozenset[UserId]] = [frozenset(people)]
        """By the position of the space's topic."""
        self.travelling: list[asyncio.Future[None]] = []

    def commit(self, topic: str, event: Event) -> Envelope:
        log = self.logs[topic]
        decided = len(self.logs[SPACE_TOPIC]) if topic == CHANNEL_TOPIC else None
        data = msgspec.Raw(msgspec.json.encode(event))
        log.append(
            Envelope(
                id=new_id(), type=event.TYPE, topic=topic, seq=len(log) + 1, at=now(), data=data, audience_seq=decided
            )
        )
        if topic == SPACE_TOPIC:
            self.viewers_at.append(frozenset(self.viewers))
        return log[-1]

    def knows(self, topic: str) -> bool:
        return topic in self.logs

    async def page(self, topic: str, *, after: int | None, limit: int, audience: bool) -> LogPage:
        """Question and answer travel; between the two it is a snapshot."""
        await self._travel()
        page = self._snapshot(topic, after, limit)
        await self._travel()
        return page

    def _snapshot(self, topic: str, after: int | None, limit: int) -> LogPage:
        log = self.logs[topic]
        known: dict[str, Any] = {
            "topic": topic, "seq": len(log), "audience": frozenset(self.viewers), "depends_on": SPACE_TOPIC,
            "audience_seq": len(self.logs[SPACE_TOPIC]),
        }  # fmt: skip
        if after is None or after == len(log):
            return LogPage(**known)
        if after > len(log) or len(log) - after > limit:
            return LogPage(**known, reset=True)
        return LogPage(**known, events=tuple(log[after:]))

    async def _travel(self) -> None:
        self.travelling.append(asyncio.get_running_loop().create_future())
        await self.travelling[-1]

    def let_one_arrive(self) -> None:
        if self.travelling:
            self.travelling.pop(self.chance.randrange(len(self.travelling))).set_result(None)


class Frames:
    """The socket of a client that takes everything."""

    closed = backlogged = False

    def __init__(self) -> None:
        self.sent = bytearray()

    def send(self, frames: bytes, *, count: int = 1) -> None:
        self.sent += frames

    def take(self) -> list[dict[str, Any]]:
        """What was sent since, as frames."""
        taken, data = list[dict[str, Any]](), bytes(self.sent)
        self.sent.clear()
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            taken.append(msgspec.json.decode(data[start : start + size]))
            data = data[start + size :]
        return taken


class Watching:
    """Somebody's watch of the channel on one gateway, and what they heard."""

    codec: Codec = PLAIN

    def __init__(self, user_id: UserId, owner: Owner) -> None:
        self.user_id: UserId | None = user_id
        self.frames = Frames()
        self.socket = cast("Socket", self.frames)
        self.owner = owner
        self.seen: int | None = None
        self.asking = self.on = False

    def tell(self, frame: Told) -> None:
        self.frames.send(PLAIN.tell("", encode(frame)))

    def remember(self, topic: Topic) -> None:
        self.on = True

    def forget(self, topic: Topic) -> None:
        topic.remove(self)
        self.on = False

    def hear(self, problems: list[str]) -> None:
        """Check what was sent since the last time."""
        for frame in self.frames.take():
            if frame["op"] == "watched":
                if self.seen is not None and self.seen != frame["seq"]:
                    problems.append(f"watched at {frame['seq']} after {self.seen}")
                self.seen = frame["seq"]
            elif frame["op"] == "reset":
                self.seen = None
            elif frame["op"] == "event":
                self._hear_event(frame["seq"], problems)

    def _hear_event(self, seq: int, problems: list[str]) -> None:
        if self.seen is not None and seq != self.seen + 1:
            problems.append(f"heard {seq} after {self.seen}")
        self.seen = seq
        decided = self.owner.logs[CHANNEL_TOPIC][seq - 1].audience_seq or 0
        if not any(self.user_id in viewers for viewers in self.owner.viewers_at[decided:]):
            problems.append(f"{seq}, decided at {decided}, was heard by somebody who could not view it")


class History:
    """Deeds at random, on two gateways."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.people = [UserId(new_id()) for _ in range(3)]
        self.owner = Owner(chance, self.people)
        self.hubs = [Hub(self.owner, SETTINGS, cast("Any", None)) for _ in range(2)]
        self.streams: list[dict[str, list[Envelope]]] = [{SPACE_TOPIC: [], CHANNEL_TOPIC: []} for _ in self.hubs]
        self.watching = [[Watching(one, self.owner) for one in self.people] for _ in self.hubs]
        self.problems: list[str] = []
        for hub in self.hubs:
            hub.reader.listening.set()

    def commit(self, topic: str, event: Event) -> None:
        envelope = self.owner.commit(topic, event)
        for stream in self.streams:
            stream[topic].append(envelope)

    def do_post(self) -> None:
        author = Profile(id=self.people[0], display_name="Ann")
        said = MessagePosted(
            id=MessageId(new_id()), channel_id=CHANNEL, seq=1, author=author, content="x", created_at=now()
        )
        self.commit(CHANNEL_TOPIC, said)

    def do_change_access(self) -> None:
        person = self.chance.choice(self.people)
        if person in self.owner.viewers:
            self.owner.viewers.discard(person)
            left: Event = MemberLeft(space_id=SPACE, user_id=person)
            self.commit(SPACE_TOPIC, self.chance.choice([left, AccessChanged(space_id=SPACE)]))
        else:
            self.owner.viewers.add(person)
            self.commit(SPACE_TOPIC, self.chance.choice([_joined(person), AccessChanged(space_id=SPACE)]))

    def do_something_harmless(self) -> None:
        self.commit(SPACE_TOPIC, _joined(UserId(new_id())))

    def do_deliver(self) -> None:
        number = self.chance.randrange(2)
        batch: list[Envelope] = []
        for _ in range(self.chance.randrange(1, 4)):
            waiting = self.streams[number][self.chance.choice([SPACE_TOPIC, CHANNEL_TOPIC])]
            if not waiting:
                continue
            index = 0 if self.chance.random() < 0.8 else self.chance.randrange(len(waiting))
            happens = self.chance.random()
            if happens < 0.9:
                batch.append(waiting[index])
            if happens < 0.95:
                waiting.pop(index)
        self.hubs[number].deliver(batch)

    def do_let_arrive(self) -> None:
        self.owner.let_one_arrive()

    def do_watch(self) -> None:
        number = self.chance.randrange(2)
        self.watch(number, self.chance.choice(self.watching[number]))

    def watch(self, number: int, one: Watching) -> None:
        def answered() -> None:
            one.asking = False

        if not one.asking and not one.on:
            one.asking = True
            one.seen = self.chance.choice([None, one.seen, 0])
            self.hubs[number].watch(CHANNEL_TOPIC, Asked(one, one.seen, answered))

    async def go_on(self) -> None:
        deeds = [self.do_post, self.do_change_access, self.do_something_harmless, self.do_watch]
        self.chance.choice([*deeds, self.do_post, *[self.do_deliver] * 4, *[self.do_let_arrive] * 4])()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0)
        for one in [*self.watching[0], *self.watching[1]]:
            one.hear(self.problems)

    async def end(self) -> None:
        """The streams bring everything once more, as a relay does; then who may view has heard everything."""
        async with asyncio.timeout(20):
            for hub in self.hubs:
                for log in self.owner.logs.values():
                    hub.deliver(log)
            await self.settle()
            while any(self.unfinished(number) for number in range(2)):
                self.owner.let_one_arrive()
                await asyncio.sleep(0.001)
                await self.settle()
        for number, hub in enumerate(self.hubs):
            for one in self.watching[number]:
                if one.on and one.user_id not in self.owner.viewers:
                    self.problems.append("somebody who may not view goes on watching")
                if one.on and one.seen != len(self.owner.logs[CHANNEL_TOPIC]):
                    self.problems.append(f"heard up to {one.seen} of {len(self.owner.logs[CHANNEL_TOPIC])}")
            await hub.reader.stop()

    def unfinished(self, number: int) -> bool:
        topic = self.hubs[number].topics.get(CHANNEL_TOPIC)
        asking = any(one.asking for one in self.watching[number])
        return asking or (topic is not None and (topic.misses_events or topic.must_ask_audience))


def _joined(user_id: UserId) -> MemberJoined:
    profile = Profile(id=user_id, display_name="Ann")
    return MemberJoined(space_id=SPACE, user=profile, role=Role.MEMBER, joined_at=now())


class TestNobodyHears:
    @pytest.mark.parametrize("turn", range(5))
    async def test_what_was_said_after_they_were_shut_out(self, turn: int) -> None:
        for number in range(HISTORIES):
            history = History(random.Random(f"{SEED}.{turn}.{number}"))
            for _ in range(STEPS):
                await history.go_on()
            await history.end()

            assert history.problems == [], f"ENEMY_SEED={SEED}, turn {turn}, history {number}"
