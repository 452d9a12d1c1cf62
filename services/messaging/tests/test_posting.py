"""Posting: the same on all write paths."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import connect
from chassis.settings import Secret
from contracts.ids import new_id
from testkit.plugin import FreshDatabase
from testkit.tokens import Signer

from .conftest import serving
from .people import Person, Place, Refused, logged


@pytest.fixture(scope="module")
def client(each_write_path: httpx.AsyncClient) -> httpx.AsyncClient:
    return each_write_path


async def refused(person: Person, channel_id: str, draft: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(Refused) as refusal:
        await person.say(channel_id, **draft)
    return refusal.value.status, refusal.value.code


class TestPostMessage:
    async def test_shows_the_message_to_the_others(self, place: Place, ben: Person) -> None:
        said = await place.owner.say(place.channel_id, "Hello", nonce="n-1")

        page = await ben.read(place.channel_id)

        assert page["items"] == [said]
        assert page["seq"] == said["seq"] == 1
        assert said["author"]["display_name"] == "Ann"

    async def test_tells_the_message_as_it_was_answered(self, place: Place, engine: AsyncEngine) -> None:
        said = await place.owner.say(place.channel_id, "Hello", nonce="n-1")

        assert await logged(engine, f"channel:{place.channel_id}") == [(1, "message_posted", said)]

    async def test_a_repeated_nonce_returns_the_first_message(self, place: Place, ann: Person) -> None:
        path, body = f"/channels/{place.channel_id}/messages", {"content": "Hello", "nonce": "n-1"}

        first = await ann.ask("POST", path, body)
        again = await ann.ask("POST", path, body)

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()

    async def test_a_repeat_shows_the_message_as_it_is_by_now(self, place: Place, ann: Person) -> None:
        first = await ann.say(place.channel_id, "Helo", nonce="n-1")
        await ann.do("PATCH", f"/channels/{place.channel_id}/messages/{first['id']}", {"content": "Hello"})
        await ann.react(first, "👍")

        again = await ann.say(place.channel_id, "Helo", nonce="n-1")

        assert (again["content"], again["rev"]) == ("Hello", 2)
        assert again["reactions"] == [{"emoji": "👍", "count": 1, "me": True}]

    @pytest.mark.parametrize("change", [{"content": "Bye"}, {"reply_to": str(new_id())}])
    async def test_a_nonce_with_another_body_is_refused(
        self, place: Place, ann: Person, change: dict[str, Any]
    ) -> None:
        draft = {"content": "Hello", "nonce": "n-1"}
        await ann.say(place.channel_id, **draft)

        assert await refused(ann, place.channel_id, draft | change) == (409, "nonce_reused")

    async def test_a_nonce_is_one_persons_in_one_channel(self, place: Place, ann: Person, ben: Person) -> None:
        other = await place.make_channel()

        said = [
            await ann.say(place.channel_id, "Hello", nonce="n-1"),
            await ben.say(place.channel_id, "Hello", nonce="n-1"),
            await ann.say(other, "Hello", nonce="n-1"),
        ]

        assert len({one["id"] for one in said}) == 3

    async def test_one_nonce_at_once_is_one_message(self, place: Place, ann: Person) -> None:
        said = await asyncio.gather(*(ann.say(place.channel_id, "Hello", nonce="n-1") for _ in range(20)))

        assert len({one["id"] for one in said}) == 1
        assert (await ann.read(place.channel_id))["seq"] == 1

    async def test_one_nonce_with_two_bodies_at_once_is_one_message(self, place: Place, ann: Person) -> None:
        answers = await asyncio.gather(
            *(
                ann.ask("POST", f"/channels/{place.channel_id}/messages", {"content": f"{n % 2}", "nonce": "n-1"})
                for n in range(10)
            )
        )

        assert sorted(one.status_code for one in answers) == [200] * 4 + [201] + [409] * 5
        assert len((await ann.read(place.channel_id))["items"]) == 1

    async def test_fifty_writers_leave_neither_gap_nor_repeat(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        async def write(writer: int) -> list[int]:
            return [(await ann.say(place.channel_id, f"{writer}.{n}"))["seq"] for n in range(4)]

        said = await asyncio.gather(*(write(writer) for writer in range(50)))

        assert all(seqs == sorted(seqs) for seqs in said)
        assert sorted(seq for seqs in said for seq in seqs) == list(range(1, 201))
        assert [seq for seq, _, _ in await logged(engine, f"channel:{place.channel_id}")] == list(range(1, 201))


class TestRefusals:
    """Each as documented, on either write path, and nothing is said by them."""

    @pytest.mark.parametrize(
        "draft",
        [
            {},
            {"content": ""},
            {"content": " \n"},
            {"content": "x" * 4001},
            {"content": "zero\0byte"},
            {"content": "x", "nonce": ""},
            {"content": "x", "nonce": "n" * 65},
            {"content": "x", "attachments": [str(new_id()) for _ in range(11)]},
            {"content": "x", "attachments": ["../recordings/1"]},
            {"content": "x", "at_ms": -1},
            {"content": "x", "surprise": 1},
            {"content": 1},
            {"content": "x", "reply_to": "y"},
            {"content": "x", "reply_to": str(new_id())},
            {"content": " ".join(f"<@{new_id()}>" for _ in range(51))},
        ],
    )
    async def test_invalid_input(self, place: Place, ann: Person, draft: dict[str, Any]) -> None:
        response = await ann.ask("POST", f"/channels/{place.channel_id}/messages", draft)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
        assert response.headers["content-type"] == "application/problem+json"
        assert (await ann.read(place.channel_id))["seq"] == 0

    async def test_malformed_json(self, place: Place, ann: Person) -> None:
        response = await ann.client.post(
            f"/api/v1/channels/{place.channel_id}/messages",
            content=b'{"content": "half',
            headers={"authorization": f"Bearer {ann.token}", "content-type": "application/json"},
        )

        assert (response.status_code, response.json()["code"]) == (400, "invalid_input")

    async def test_another_media_type(self, place: Place, ann: Person) -> None:
        response = await ann.client.post(
            f"/api/v1/channels/{place.channel_id}/messages",
            content=b'{"content": "x"}',
            headers={"authorization": f"Bearer {ann.token}", "content-type": "text/plain"},
        )

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    async def test_a_body_beyond_the_limit(self, place: Place, ann: Person) -> None:
        response = await ann.ask("POST", f"/channels/{place.channel_id}/messages", {"content": "x" * 1_100_000})

        assert (response.status_code, response.json()["code"]) == (413, "too_large")

    async def test_no_token(self, place: Place, ann: Person) -> None:
        ann.token = "forged"

        assert await refused(ann, place.channel_id, {"content": "x"}) == (401, "unauthenticated")

    async def test_strangers_find_nothing(self, place: Place, eve: Person) -> None:
        assert await refused(eve, place.channel_id, {"content": "x"}) == (404, "not_found")

    async def test_no_such_channel(self, ann: Person) -> None:
        assert await refused(ann, str(new_id()), {"content": "x"}) == (404, "not_found")
        assert await refused(ann, "general", {"content": "x"}) == (404, "not_found")

    async def test_an_archived_channel(self, place: Place, ann: Person) -> None:
        await ann.do("PATCH", f"/channels/{place.channel_id}", {"archived": True})

        assert await refused(ann, place.channel_id, {"content": "x"}) == (409, "channel_archived")

    async def test_a_moment_outside_a_recording(self, place: Place, ann: Person) -> None:
        assert await refused(ann, place.channel_id, {"content": "x", "at_ms": 1}) == (409, "recording_only")

    async def test_a_reply_to_another_channel(self, place: Place, ann: Person) -> None:
        elsewhere = await ann.say(await place.make_channel(), "x")

        assert await refused(ann, place.channel_id, {"content": "y", "reply_to": elsewhere["id"]}) == (
            400,
            "invalid_input",
        )


class TestMentions:
    async def test_reach_those_who_see_the_channel(
        self, place: Place, ann: Person, ben: Person, eve: Person, engine: AsyncEngine
    ) -> None:
        said = await ann.say(place.channel_id, f"<@{ben.id}> <@{eve.id}> <@{ann.id}> @channel <@&moderator>")

        assert said["mentions"] == {"users": [str(ben.id)], "roles": ["moderator"], "channel": True}
        assert [event for _, event, _ in await logged(engine, f"user:{ben.id}")] == ["mention_added"]
        assert await logged(engine, f"user:{eve.id}") == []

    async def test_of_many_need_the_permission(self, place: Place, ben: Person) -> None:
        said = await ben.say(place.channel_id, "@channel <@&moderator> hello")

        assert said["mentions"] == {}


class TestCompanions:
    """Many at once: each has its own outcome."""

    @pytest.fixture
    async def poison(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        """The database fails on one message, whatever else is in the statement."""
        async with engine.begin() as connection:
            await connection.exec_driver_sql("""
                create function poisoned() returns trigger language plpgsql as
                $$ begin raise exception 'poisoned'; end $$
            """)
            await connection.exec_driver_sql("""
                create trigger poison before insert on messages for each row when (new.content = 'poison')
                execute function poisoned()
            """)
        yield
        async with engine.begin() as connection:
            await connection.execute(text("drop function poisoned cascade"))

    @pytest.mark.usefixtures("poison")
    async def test_a_poisoned_post_fails_alone(self, place: Place, ann: Person) -> None:
        contents = ["poison" if n == 7 else f"{n}" for n in range(20)]

        answers = await asyncio.gather(
            *(ann.ask("POST", f"/channels/{place.channel_id}/messages", {"content": one}) for one in contents)
        )

        assert [one.status_code for one in answers] == [500 if one == "poison" else 201 for one in contents]
        page = await ann.read(place.channel_id)
        assert [item["seq"] for item in page["items"]] == list(range(1, 20))

    async def test_refusals_do_not_concern_the_others(self, place: Place, ann: Person, eve: Person) -> None:
        async def post(n: int) -> int:
            path = f"/channels/{place.channel_id}/messages"
            draft = {"content": "x", "reply_to": str(new_id())} if n % 3 == 1 else {"content": "x"}
            return (await (eve if n % 3 == 2 else ann).ask("POST", path, draft)).status_code

        assert await asyncio.gather(*(post(n) for n in range(30))) == [201, 400, 404] * 10
        assert (await ann.read(place.channel_id))["seq"] == 10


class TestAnOutage:
    @pytest.mark.parametrize("group_commit", [True, False])
    async def test_is_answered_503_and_gets_over(
        self, fresh_database: FreshDatabase, redis_url: Secret, signer: Signer, *, group_commit: bool
    ) -> None:
        database_url = await fresh_database("messaging")
        settings = {"database_url": database_url, "redis_url": redis_url, "group_commit": group_commit}
        async with serving(signer, **settings) as client:
            ann = Person(client, signer, "Ann")
            place = await ann.make_space()
            await ann.say(place.channel_id, "before")

            await cut_all_connections(database_url)
            draft = {"content": "x", "nonce": "n"}
            answers = [await ann.ask("POST", f"/channels/{place.channel_id}/messages", draft) for _ in range(15)]

            assert {one.status_code for one in answers[:-1]} <= {200, 201, 503}
            assert answers[-1].status_code in {200, 201}
            assert await ann.contents(place.channel_id) == ["before", "x"]


async def cut_all_connections(database_url: Secret) -> None:
    engine = connect(database_url, schema="messaging")
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database()"
            )
        )
    await engine.dispose()
