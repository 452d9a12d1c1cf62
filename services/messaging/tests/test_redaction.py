"""What was deleted or edited away leaves the log and the stream; only the place stays."""

from collections.abc import AsyncGenerator

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Envelope
from contracts.messaging import MessagePosted
from contracts.times import now
from messaging.store import redaction
from messaging.usecases.people import DELETED_NAME, forget_person, without_name
from streams import bus
from testkit.servers import Servers
from testkit.waiting import eventually

from .people import Json, Person, Place, logged

STREAM = "messaging.events"


@pytest.fixture
async def redis(servers: Servers) -> AsyncGenerator[Redis]:
    connected = bus.connect(servers.redis_url)
    yield connected
    await connected.aclose()


async def in_the_stream(redis: Redis, place: Place) -> list[Envelope]:
    """What the stream has of the place's first channel."""
    entries = await bus.between(redis, STREAM, "-", "+", count=100_000)
    envelopes = [bus.decode(fields) for _, fields in entries]
    return [one for one in envelopes if one.topic == f"channel:{place.channel_id}"]


async def sent(engine: AsyncEngine, place: Place) -> None:
    """Wait until all that was told in the channel is in the stream."""

    async def all_sent() -> bool:
        unsent = text("select count(*) from log where topic = :topic and sent_at is null")
        async with engine.connect() as connection:
            return await connection.scalar(unsent, {"topic": f"channel:{place.channel_id}"}) == 0

    await eventually(all_sent)


async def say_and_edit(ann: Person, place: Place) -> Json:
    message = await ann.say(place.channel_id, "secret one", nonce="n")
    path = f"/channels/{place.channel_id}/messages/{message['id']}"
    for content in ("secret two", "calm"):
        message = await ann.do("PATCH", path, {"content": content})
    return message


class TestADeletedMessage:
    async def test_leaves_its_place_and_no_words_in_the_log(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        await ann.say(place.channel_id, "stays")
        message = await say_and_edit(ann, place)
        await ann.say(place.channel_id, "stays, too")

        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{message['id']}")

        told = [(event, data["content"]) for _, event, data in await logged(engine, f"channel:{place.channel_id}")]
        assert told == [
            ("message_posted", "stays"),
            ("message_posted", ""),
            ("message_edited", ""),
            ("message_edited", ""),
            ("message_posted", "stays, too"),
            ("message_deleted", ""),
        ]

    async def test_is_a_tombstone_to_who_reads_from_the_beginning(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        message = await ann.say(place.channel_id, f"secret <@{ann.id}>", nonce="n")
        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{message['id']}")

        (_, _, posted), *_ = await logged(engine, f"channel:{place.channel_id}")

        assert msgspec.convert(posted, MessagePosted).deleted_at is not None
        assert (posted["id"], posted["seq"], posted["nonce"]) == (message["id"], message["seq"], None)

    async def test_leaves_the_stream(self, place: Place, ann: Person, engine: AsyncEngine, redis: Redis) -> None:
        message = await say_and_edit(ann, place)
        await ann.say(place.channel_id, "stays")
        await sent(engine, place)
        before = [one.seq for one in await in_the_stream(redis, place)]

        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{message['id']}")

        async def gone() -> bool:
            return [one.seq for one in await in_the_stream(redis, place)] == [4, 5]

        assert before[-1] == 4
        await eventually(gone)

    async def test_leaves_no_words_in_the_audit_log(self, place: Place, ann: Person, ben: Person) -> None:
        message = await ben.say(place.channel_id, "secret")
        await ann.do("PUT", f"/channels/{place.channel_id}/pins/{message['id']}")

        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{message['id']}")

        audited = await ann.ask("GET", f"/spaces/{place.id}/audit")
        assert "message.deleted" in audited.text
        assert "secret" not in audited.text


class TestAnEditedMessage:
    async def test_says_what_it_says_now_to_who_reads_the_log_from_the_beginning(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        await say_and_edit(ann, place)

        told = [data for _, _, data in await logged(engine, f"channel:{place.channel_id}")]

        assert [one["content"] for one in told] == ["calm"] * 3
        assert [one["rev"] for one in told] == [3] * 3

    async def test_keeps_its_history_for_who_may_read_that(self, place: Place, ann: Person) -> None:
        message = await say_and_edit(ann, place)

        history = await ann.do("GET", f"/channels/{place.channel_id}/messages/{message['id']}/history")

        assert [one["content"] for one in history] == ["secret one", "secret two", "calm"]


class TestAnErasedPerson:
    async def test_has_no_name_in_the_log(self, place: Place, ann: Person, ben: Person, engine: AsyncEngine) -> None:
        await ben.say(place.channel_id, "what was said stays")
        await ann.say(place.channel_id, f"<@{ben.id}> so does this")

        async with engine.begin() as connection:
            await forget_person(connection, ben.id, at=now())
        more = True
        while more:
            async with engine.begin() as connection:
                more = await redaction.erase_some(connection, without_name, rows_max=7)

        in_channel = [data["author"] for _, _, data in await logged(engine, f"channel:{place.channel_id}")]
        in_space = [data.get("user", {}) for _, _, data in await logged(engine, f"space:{place.id}")]
        names = {one["id"]: one["display_name"] for one in [*in_channel, *in_space] if one}
        assert names == {str(ann.id): "Ann", str(ben.id): DELETED_NAME}
        assert [one["display_name"] for one in in_channel] == [DELETED_NAME, "Ann"]
