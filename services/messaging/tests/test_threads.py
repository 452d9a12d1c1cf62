"""What a message says of its thread."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from testkit.plugin import FreshDatabase
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import serving
from .people import Json, Person, Place, logged


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> Secret:
    """One of its own: the copy that leads tells how threads stand."""
    return await fresh_database("messaging")


@pytest.fixture
async def talkative(database: Secret, redis_url: Secret, signer: Signer) -> AsyncGenerator[Person]:
    """Ann, where readers hear often how threads stand."""
    async with serving(signer, database_url=database, redis_url=redis_url, thread_update_seconds=0.02) as client:
        yield Person(client, signer, "Ann")


@pytest.fixture
async def told(database: Secret) -> AsyncGenerator[AsyncEngine]:
    """To look behind the application."""
    engine = connect(database, schema="messaging", connections_max=1)
    yield engine
    await engine.dispose()


async def start_thread(person: Person, message: Json) -> str:
    path = f"/channels/{message['channel_id']}/messages/{message['id']}/thread"
    return (await person.do("POST", path, {"name": "t"}))["id"]


async def root(person: Person, place: Place) -> Json:
    [first, *_] = (await person.read(place.channel_id))["items"]
    return first


class TestThreadSummary:
    async def test_counts_what_stands_and_says_when_the_last_was_posted(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "root")
        assert said["thread"] is None
        thread_id = await start_thread(ann, said)
        assert (await root(ann, place))["thread"] == {"messages": 0, "last_at": None}

        await ann.say(thread_id, "one")
        two = await ann.say(thread_id, "two")
        three = await ann.say(thread_id, "three")
        await ann.do("DELETE", f"/channels/{thread_id}/messages/{three['id']}")

        assert (await root(ann, place))["thread"] == {"messages": 2, "last_at": two["created_at"]}

    async def test_is_gone_with_the_thread(self, place: Place, ann: Person) -> None:
        thread_id = await start_thread(ann, await ann.say(place.channel_id, "root"))
        await ann.say(thread_id, "one")

        await ann.do("DELETE", f"/channels/{thread_id}")

        assert (await root(ann, place))["thread"] is None


class TestThreadUpdated:
    async def test_is_told_to_the_parents_readers(self, talkative: Person, told: AsyncEngine) -> None:
        place = await talkative.make_space()
        said = await talkative.say(place.channel_id, "root")
        thread_id = await start_thread(talkative, said)
        await talkative.say(place.channel_id, "not in the thread")
        last = [await talkative.say(thread_id, f"{n}") for n in range(5)][-1]

        async def updated() -> bool:
            events = await logged(told, f"channel:{place.channel_id}")
            found = [data for _, event, data in events if event == "thread_updated"]
            expected = {
                "id": thread_id, "parent_id": place.channel_id, "parent_message_id": said["id"], "messages": 5,
                "last_at": last["created_at"],
            }  # fmt: skip
            return bool(found) and found[-1] == expected

        await eventually(updated)
        assert "thread_updated" not in [event for _, event, _ in await logged(told, f"channel:{thread_id}")]
