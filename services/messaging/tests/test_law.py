"""The law of the realtime protocol: snapshot + events = snapshot later, for every kind of event, at random."""

import os
import random
from collections.abc import Generator
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import registry

from .conftest import MakePerson
from .people import Json, Person, Place, Refused, logged
from .standin import Media

SEED = int(os.environ.get("LAW_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
STEPS = 60
ELSEWHERE = {"messaging.space_deleted.v1"}
"""Ends the history: shown on its own."""


class Client:
    """What a client holds: a snapshot, and then only what events say. Refetches only what an event says to fetch."""

    def __init__(self, reader: Person, space_id: str) -> None:
        self.reader = reader
        self.space_id = space_id
        self.space: Json = {}
        self.members: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, dict[str, Json]] = {}
        self.unread: dict[str, tuple[int, int]] = {}
        self.positions: dict[str, int] = {f"space:{space_id}": 0}

    async def fetch(self) -> None:
        """A fresh snapshot of everything."""
        await self.fetch_space()
        members = await self.reader.do("GET", f"/spaces/{self.space_id}/members", limit=100)
        self.members = {one["user"]["id"]: one for one in members["items"]}
        await self.fetch_channels()

    async def fetch_space(self) -> None:
        """As it is listed; how many belong to it is counted."""
        listed = await self.reader.do("GET", "/spaces")
        self.space = next(one for one in listed if one["id"] == self.space_id)

    async def fetch_channels(self) -> None:
        """Those that are new here are empty until their messages are fetched."""
        listed = await self.reader.do("GET", f"/spaces/{self.space_id}/channels")
        threads = [await self.reader.do("GET", f"/channels/{one['id']}/threads") for one in listed]
        everything = [*listed, *(thread for some in threads for thread in some)]
        self.channels = {one["id"]: _plain(one) for one in everything}
        self.messages = {key: value for key, value in self.messages.items() if key in self.channels}
        self.positions = {topic: seq for topic, seq in self.positions.items() if topic in self.topics()}
        state = await self.reader.do("GET", "/unread")
        self.unread = {one["channel_id"]: (one["read_seq"], one["mentions"]) for one in state["items"]}
        self.positions[f"user:{self.reader.id}"] = state["seq"]

    async def fetch_messages(self, channel_id: str) -> None:
        page = await self.reader.read(channel_id, limit=100)
        assert "prev_cursor" not in page
        self.messages[channel_id] = {one["id"]: one for one in page["items"]}
        self.positions[f"channel:{channel_id}"] = page["seq"]

    def topics(self) -> list[str]:
        return [f"space:{self.space_id}", f"user:{self.reader.id}", *(f"channel:{one}" for one in self.channels)]

    async def catch_up(self, engine: AsyncEngine) -> None:
        """Watch all that there is to watch: a channel that is new here is fetched, then followed from there."""
        while True:
            for topic in self.topics():
                if topic.startswith("channel:") and topic not in self.positions:
                    await self.fetch_messages(topic.removeprefix("channel:"))
            news = await told(engine, self.positions)
            if not news:
                return
            for topic, seq, event, data in news:
                if topic in self.topics() and seq > self.positions.get(topic, seq):
                    self.positions[topic] = seq
                    await getattr(self, f"on_{event}")(topic, data)

    def calls_many(self, message: Json) -> bool:
        """Whether the reader is called along with others: that is told to nobody in person."""
        called = message["mentions"]
        here = str(self.reader.id)
        return called.get("channel", False) and here not in called.get("users", ()) and message["author"]["id"] != here

    def count_mention(self, channel_id: str, seq: int, change: int) -> None:
        read_seq, mentions = self.unread.get(channel_id, (0, 0))
        self.unread[channel_id] = read_seq, mentions + change * (seq > read_seq)

    async def on_space_updated(self, _: str, data: Json) -> None:
        self.space = self.space | data

    async def on_access_changed(self, _: str, __: Json) -> None:
        await self.fetch_channels()

    async def on_channel_created(self, _: str, data: Json) -> None:
        self.channels[data["id"]] = data

    async def on_channel_updated(self, _: str, data: Json) -> None:
        if data["id"] in self.channels:
            self.channels[data["id"]] = data
        for thread in self.channels.values():
            if thread["parent_id"] == data["id"]:
                thread["private"] = data["private"]

    async def on_channel_deleted(self, _: str, data: Json) -> None:
        for channel_id in [one["id"] for one in self.channels.values() if data["id"] in {one["id"], one["parent_id"]}]:
            self.channels.pop(channel_id)
            self.messages.pop(channel_id, None)
        for messages in self.messages.values():
            for message in messages.values():
                if message["thread_id"] == data["id"]:
                    message["thread_id"] = None

    async def on_thread_created(self, _: str, data: Json) -> None:
        await self.on_channel_created(_, data)
        self.messages[data["parent_id"]][data["parent_message_id"]]["thread_id"] = data["id"]

    async def on_thread_updated(self, _: str, data: Json) -> None:
        """See `_without_summaries`; `test_threads.py` waits for it."""

    async def on_member_joined(self, _: str, data: Json) -> None:
        self.members[data["user"]["id"]] = data

    async def on_member_updated(self, _: str, data: Json) -> None:
        self.members[data["user"]["id"]] = data
        if data["user"]["id"] == str(self.reader.id):
            await self.fetch_space()
            await self.fetch_channels()

    async def on_member_left(self, _: str, data: Json) -> None:
        self.members.pop(data["user_id"])

    def of(self, data: Json) -> Json:
        return self.messages[data["channel_id"]][data["message_id"]]

    async def on_message_posted(self, _: str, data: Json) -> None:
        if self.calls_many(data):
            self.count_mention(data["channel_id"], data["seq"], 1)
        self.messages[data["channel_id"]][data["id"]] = data

    async def on_message_edited(self, _: str, data: Json) -> None:
        known = self.messages[data["channel_id"]]
        known[data["id"]] = data | {"reactions": known[data["id"]]["reactions"]}

    async def on_message_deleted(self, _: str, data: Json) -> None:
        if self.calls_many(self.messages[data["channel_id"]][data["id"]]):
            self.count_mention(data["channel_id"], data["seq"], -1)
        self.messages[data["channel_id"]][data["id"]] = data | {"attachments": []}

    async def _on_reaction(self, data: Json, *, mine: bool) -> None:
        message = self.of(data)
        counted = {one["emoji"]: one for one in message["reactions"]}
        former = counted.pop(data["emoji"], {"me": False})
        if data["count"]:
            me = mine if data["user_id"] == str(self.reader.id) else former["me"]
            counted[data["emoji"]] = {"emoji": data["emoji"], "count": data["count"], "me": me}
        message["reactions"] = [counted[emoji] for emoji in sorted(counted)]

    async def on_reaction_added(self, _: str, data: Json) -> None:
        await self._on_reaction(data, mine=True)

    async def on_reaction_removed(self, _: str, data: Json) -> None:
        await self._on_reaction(data, mine=False)

    async def on_message_pinned(self, _: str, data: Json) -> None:
        self.of(data)["pinned_at"] = data["pinned_at"]

    async def on_message_unpinned(self, _: str, data: Json) -> None:
        self.of(data)["pinned_at"] = None

    async def on_read_moved(self, _: str, data: Json) -> None:
        self.unread[data["channel_id"]] = data["seq"], data["mentions"]

    async def on_mention_added(self, _: str, data: Json) -> None:
        self.count_mention(data["channel_id"], data["seq"], 1)

    async def on_mention_removed(self, _: str, data: Json) -> None:
        self.count_mention(data["channel_id"], data["seq"], -1)

    def state(self) -> Json:
        channels = {key: _plain(value) for key, value in self.channels.items()}
        unread = {key: value for key, value in self.unread.items() if key in channels and value != (0, 0)}
        return {
            "space": self.space,
            "members": self.members,
            "channels": channels,
            "messages": {key: _without_summaries(value) for key, value in self.messages.items()},
            "unread": unread,
        }


def _plain(channel: Json) -> Json:
    return {key: value for key, value in channel.items() if key != "permissions"}


def _without_summaries(messages: dict[str, Json]) -> dict[str, Json]:
    """How threads stand is told once in a while."""
    return {key: {name: value for name, value in one.items() if name != "thread"} for key, one in messages.items()}


def differences(left: Any, right: Any, path: str = "") -> Generator[str]:
    """Where two states differ, and how."""
    if isinstance(left, dict) and isinstance(right, dict):
        both: tuple[Json, Json] = left, right  # pyright: ignore[reportUnknownVariableType]  JSON objects
        for key in sorted({*both[0], *both[1]}):
            yield from differences(both[0].get(key), both[1].get(key), f"{path}/{key}")
    elif left != right:
        yield f"{path}: by events {left!r}, by snapshot {right!r}"


class History:
    """Random deeds of random people, each of which may be refused."""

    def __init__(self, chance: random.Random, place: Place, people: list[Person], media: Media) -> None:
        self.chance = chance
        self.media = media
        self.place = place
        self.people = people
        self.deeds = [getattr(self, name) for name in dir(self) if name.startswith("do_")]

    async def go_on(self) -> None:
        deed = self.chance.choice([*self.deeds, self.do_post, self.do_post, self.do_post])
        try:
            await deed(self.chance.choice(self.people))
        except (Refused, IndexError):
            return  # what is refused, or has nothing to be done to, changes nothing

    async def channel(self, person: Person) -> Json:
        listed = await person.do("GET", f"/spaces/{self.place.id}/channels")
        parent = self.chance.choice(listed)
        threads = await person.do("GET", f"/channels/{parent['id']}/threads")
        return self.chance.choice([parent, parent, *threads])

    async def message(self, person: Person) -> Json:
        return self.chance.choice((await person.read((await self.channel(person))["id"]))["items"])

    async def message_path(self, person: Person) -> str:
        message = await self.message(person)
        return f"/channels/{message['channel_id']}/messages/{message['id']}"

    async def do_post(self, person: Person) -> None:
        channel = await self.channel(person)
        everybody = "@channel" if channel["parent_id"] is None else "nobody"
        called = self.chance.choice([*(f"<@{one.id}>" for one in self.people), everybody])
        attached = [self.media.give(person, self.place) for _ in range(self.chance.choice([0, 0, 2]))]
        await person.say(channel["id"], f"{self.chance.random()} {called}", attachments=attached)

    async def do_edit(self, person: Person) -> None:
        await person.do("PATCH", await self.message_path(person), {"content": f"{self.chance.random()}"})

    async def do_delete(self, person: Person) -> None:
        await person.do("DELETE", await self.message_path(person))

    async def do_react(self, person: Person) -> None:
        await person.react(await self.message(person), self.chance.choice("abc"))

    async def do_unreact(self, person: Person) -> None:
        await person.react(await self.message(person), self.chance.choice("abc"), "DELETE")

    async def do_pin(self, person: Person) -> None:
        message = await self.message(person)
        method = self.chance.choice(["PUT", "DELETE"])
        await person.do(method, f"/channels/{message['channel_id']}/pins/{message['id']}")

    async def do_thread(self, person: Person) -> None:
        await person.do("POST", f"{await self.message_path(person)}/thread", {"name": "thread"})

    async def do_read(self, person: Person) -> None:
        channel_id = (await self.channel(person))["id"]
        await person.do("PUT", f"/channels/{channel_id}/read", {"seq": self.chance.randrange(60)})

    async def do_make_channel(self, person: Person) -> None:
        wanted = {"name": "c", "private": self.chance.random() < 0.3}
        await person.do("POST", f"/spaces/{self.place.id}/channels", wanted)

    async def do_change_channel(self, person: Person) -> None:
        change = self.chance.choice([{"name": "n"}, {"topic": "t"}, {"private": True}, {"private": False}])
        await person.do("PATCH", f"/channels/{(await self.channel(person))['id']}", change)

    async def do_archive_channel(self, person: Person) -> None:
        path = f"/channels/{(await self.channel(person))['id']}"
        await person.do("PATCH", path, {"archived": True})
        await person.do("PATCH", path, {"archived": False})

    async def do_delete_channel(self, person: Person) -> None:
        if self.chance.random() < 0.2:
            await person.do("DELETE", f"/channels/{(await self.channel(person))['id']}")

    async def do_override(self, person: Person) -> None:
        subject = self.chance.choice(["role:member", "role:moderator", f"user:{self.chance.choice(self.people).id}"])
        path = f"/channels/{(await self.channel(person))['id']}/overrides/{subject}"
        await person.do("PUT", path, {self.chance.choice(["allow", "deny"]): ["view", "react"]})

    async def do_rename_space(self, person: Person) -> None:
        await person.do("PATCH", f"/spaces/{self.place.id}", {"name": f"{self.chance.random()}"})

    async def do_set_role(self, person: Person) -> None:
        role = self.chance.choice(["moderator", "member"])
        other = self.chance.choice(self.people[2:])
        await person.do("PATCH", f"/spaces/{self.place.id}/members/{other.id}", {"role": role})

    async def do_leave_and_return(self, _: Person) -> None:
        other = self.people[-1]
        await other.do("DELETE", f"/spaces/{self.place.id}/members/{other.id}")
        await self.place.invite(other)


class TestSnapshotAndEvents:
    @pytest.mark.parametrize("turn", [1, 2, 3])
    async def test_are_the_snapshot_later(
        self, person: MakePerson, engine: AsyncEngine, media: Media, turn: int
    ) -> None:
        chance = random.Random(f"{SEED}.{turn}")
        people = [person(name) for name in ("Ann", "Ben", "Cem", "Dee")]
        place = await people[0].make_space()
        await place.invite(*people[1:])
        await place.promote(people[1], "admin")
        reader = people[chance.choice([0, 1, 2])]
        history = History(chance, place, people, media)
        client = Client(reader, place.id)
        for _ in range(10):
            await history.go_on()
        client.positions[f"space:{place.id}"] = len(await logged(engine, f"space:{place.id}"))
        await client.fetch()

        for _ in range(STEPS):
            await client.catch_up(engine)
            await history.go_on()
        await client.catch_up(engine)

        later = Client(reader, place.id)
        await later.fetch()
        for channel_id in later.channels:
            await later.fetch_messages(channel_id)
        assert list(differences(client.state(), later.state())) == [], f"LAW_SEED={SEED}"

    def test_knows_every_kind_of_event(self) -> None:
        ours = {one for one in registry.BY_TYPE if one.startswith("messaging.")} - ELSEWHERE

        assert ours == {f"messaging.{name[3:]}.v1" for name in dir(Client) if name.startswith("on_")}


async def told(engine: AsyncEngine, positions: dict[str, int]) -> list[tuple[str, int, str, Json]]:
    """What followed these positions, in the order in which it happened."""
    query = text("""
        select log.topic, log.seq, log.type, log.data from log
        join unnest(cast(:topics as text[]), cast(:seqs as bigint[])) as known(topic, seq) on known.topic = log.topic
        where log.seq > known.seq order by log.position
    """)
    wanted = {"topics": list(positions), "seqs": list(positions.values())}
    async with engine.connect() as connection:
        rows = await connection.execute(query, wanted)
        return [(row.topic, row.seq, row.type.split(".")[1], msgspec.json.decode(row.data)) for row in rows]
