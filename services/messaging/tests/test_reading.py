"""Read markers, unread counts, search and export."""

import asyncio

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.settings import Secret
from contracts.ids import SpaceId
from contracts.problems import RateLimited
from messaging.settings import Settings
from messaging.usecases.exporting import Exports
from testkit.waiting import eventually

from .people import Json, Person, Place, Refused, logged

LIMITS = Settings(database_url=Secret(""), redis_url=Secret(""), auth_url="")


async def unread(person: Person, channel_id: str) -> Json:
    items = (await person.do("GET", "/unread"))["items"]
    return next(item for item in items if item["channel_id"] == channel_id)


class TestUnread:
    async def test_counts_what_others_said_and_mentions(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.say(place.channel_id, "one")
        await ann.say(place.channel_id, f"two <@{ben.id}> @channel")
        await ben.say(place.channel_id, "mine")

        state = await unread(ben, place.channel_id)

        assert (state["unread"], state["mentions"], state["read_seq"], state["last_seq"]) == (2, 1, 0, 3)
        assert (await unread(ann, place.channel_id))["unread"] == 1

    async def test_moves_forward_only_and_tells_the_other_devices(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        said = [await ann.say(place.channel_id, f"<@{ben.id}>") for _ in range(3)]
        path = f"/channels/{place.channel_id}/read"

        moved = await ben.do("PUT", path, {"seq": said[1]["seq"]})
        again = await ben.do("PUT", path, {"seq": 1})

        assert moved == again
        assert (moved["read_seq"], moved["unread"], moved["mentions"]) == (2, 1, 1)
        told = await logged(engine, f"user:{ben.id}")
        assert [event for _, event, _ in told] == ["mention_added"] * 3 + ["read_moved"]
        assert told[-1][2] == {"channel_id": place.channel_id, "seq": 2, "mentions": 1}
        assert (await ben.do("GET", "/unread"))["seq"] == 4

    async def test_stops_at_the_end_of_the_channel(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.say(place.channel_id, "x")

        assert (await ben.do("PUT", f"/channels/{place.channel_id}/read", {"seq": 99}))["read_seq"] == 1

    async def test_begins_when_somebody_joins(self, place: Place, ann: Person, eve: Person) -> None:
        await ann.say(place.channel_id, "before")

        await place.invite(eve)

        assert (await unread(eve, place.channel_id))["unread"] == 0
        await ann.say(place.channel_id, "after")
        assert (await unread(eve, place.channel_id))["unread"] == 1

    async def test_of_threads_is_for_those_who_follow(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        thread = await ann.do("POST", f"/channels/{place.channel_id}/messages/{said['id']}/thread", {"name": "t"})
        await ben.say(thread["id"], "y")

        assert (await unread(ann, thread["id"]))["unread"] == 1
        assert thread["id"] not in str(await ben.do("GET", "/unread"))

    async def test_forgets_mentions_that_were_deleted(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        said = await ann.say(place.channel_id, f"<@{ben.id}>")

        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{said['id']}")

        assert (await unread(ben, place.channel_id))["mentions"] == 0
        assert [event for _, event, _ in await logged(engine, f"user:{ben.id}")] == ["mention_added", "mention_removed"]


class TestACrowd:
    async def test_costs_a_post_nothing(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        """Whom it calls is one row, however many they are, and nobody's marker is touched."""
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                "insert into members (space_id, user_id, role, joined_at)"
                " select $1, gen_random_uuid(), 'member', now() from generate_series(1, 300)",
                (place.id,),
            )
            last = await connection.scalar(text("select max(position) from log"))

        said = await ann.say(place.channel_id, "<@&member> @channel")

        async with engine.connect() as connection:
            told = await connection.scalar(
                text("select count(*) from log where position > :last and topic <> 'channel:' || :id"),
                {"last": last, "id": place.channel_id},
            )
            called = await connection.scalar(
                text("select count(*) from mentions where channel_id = :id"), {"id": place.channel_id}
            )
        assert (told, called, said["mentions"]) == (0, 2, {"roles": ["member"], "channel": True})


class TestSearch:
    @pytest.fixture
    async def said(self, place: Place, ann: Person, ben: Person) -> dict[str, Json]:
        other = await place.make_channel("plans")
        first = await ann.say(place.channel_id, "The red fox jumps")
        return {
            "fox": first,
            "reply": await ben.say(place.channel_id, "Which fox?", reply_to=first["id"]),
            "link": await ben.say(other, "See https://example.org about the fox"),
            "call": await ann.say(other, f"<@{ben.id}> nothing here"),
        }

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("fox", ["link", "reply", "fox"]),
            ("FOX jumps", ["fox"]),
            ('"red fox"', ["fox"]),
            ("fox -which", ["link", "fox"]),
            ("fox from:me", ["fox"]),
            ("fox from:ben", ["link", "reply"]),
            ("fox in:plans", ["link"]),
            ("in:#plans", ["call", "link"]),
            ("has:link", ["link"]),
            ("has:reply", ["reply"]),
            ("has:mention from:Ann", ["call"]),
            ("fox before:2020-01-01", []),
            ("fox after:2020-01-01 in:plans", ["link"]),
            ("nowhere", []),
            ("from:nobody", []),
            ("'; drop table messages; --", []),
            ("!!! & | ( :*", []),
        ],
    )
    async def test_finds(
        self, said: dict[str, Json], place: Place, ann: Person, typed: str, expected: list[str]
    ) -> None:
        page = await ann.do("GET", "/search", q=typed)

        assert [hit["message"]["id"] for hit in page["items"]] == [said[name]["id"] for name in expected]
        assert all(hit["space_id"] == place.id for hit in page["items"])

    async def test_finds_by_what_a_message_has(self, place: Place, ann: Person) -> None:
        pinned, talked_about, _ = [await ann.say(place.channel_id, f"{n}") for n in range(3)]
        await ann.do("PUT", f"/channels/{place.channel_id}/pins/{pinned['id']}")
        path = f"/channels/{place.channel_id}/messages/{talked_about['id']}/thread"
        await ann.do("POST", path, {"name": "aside"})

        for typed, expected in (("has:pin", [pinned]), ("has:thread", [talked_about]), ("has:attachment", [])):
            page = await ann.do("GET", "/search", q=f"{typed} in:general", space_id=place.id)
            assert [hit["message"]["id"] for hit in page["items"]] == [one["id"] for one in expected], typed

    async def test_marks_what_matched(self, said: dict[str, Json], ann: Person) -> None:
        page = await ann.do("GET", "/search", q="fox jumps")

        pieces = page["items"][0]["snippet"]
        assert "".join(piece["text"] for piece in pieces) == said["fox"]["content"]
        assert [piece["text"] for piece in pieces if piece["match"]] == ["fox", "jumps"]

    async def test_shows_only_what_the_reader_may_see(
        self, said: dict[str, Json], ann: Person, ben: Person, eve: Person
    ) -> None:
        await ann.do("PATCH", f"/channels/{said['link']['channel_id']}", {"private": True})

        assert len((await ann.do("GET", "/search", q="fox"))["items"]) == 3
        assert len((await ben.do("GET", "/search", q="fox"))["items"]) == 2
        assert (await eve.do("GET", "/search", q="fox"))["items"] == []

    async def test_pages_are_not_moved_by_what_is_said_meanwhile(self, place: Place, ann: Person) -> None:
        for n in range(5):
            await ann.say(place.channel_id, f"word {n}")
        first = await ann.do("GET", "/search", q="word", limit=2)

        await ann.say(place.channel_id, "word 5")

        second = await ann.do("GET", "/search", q="word", limit=2, before=first["next_cursor"])
        last = await ann.do("GET", "/search", q="word", limit=2, before=second["next_cursor"])
        found = [hit["message"]["content"] for page in (first, second, last) for hit in page["items"]]
        assert found == [f"word {n}" for n in (4, 3, 2, 1, 0)]
        assert "next_cursor" not in last

    @pytest.mark.parametrize("typed", ["", " ", "x" * 401, "has:nothing", "before:yesterday"])
    async def test_refuses_what_is_no_query(self, ann: Person, typed: str) -> None:
        with pytest.raises(Refused) as refused:
            await ann.do("GET", "/search", q=typed)

        assert refused.value.status == 400


class TestExport:
    async def test_gives_the_owner_everything_as_lines(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, "Helo")
        await ann.do("PATCH", f"/channels/{place.channel_id}/messages/{said['id']}", {"content": "Hello"})
        await ben.react(said, "👍")

        response = await ann.ask("GET", f"/spaces/{place.id}/export")

        lines = [msgspec.json.decode(line) for line in response.content.splitlines()]
        kinds = ["space", "member", "member", "channel", "message", "audit", "audit", "end"]
        assert [one["kind"] for one in lines] == kinds
        [message] = [one for one in lines if one["kind"] == "message"]
        assert (message["content"], message["history"][0]["content"]) == ("Hello", "Helo")
        assert message["reactions"] == [{"emoji": "👍", "user_id": str(ben.id)}]

    async def test_is_the_owners_alone(self, place: Place, ben: Person) -> None:
        assert (await ben.ask("GET", f"/spaces/{place.id}/export")).status_code == 403

    async def test_holds_no_connection_while_its_client_is_slow(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        for _ in range(40):
            await ann.say(place.channel_id, "x" * 4000)
        exports = Exports(engine, LIMITS)
        export = exports.begin(msgspec.convert(place.id, SpaceId), user_id=ann.id)
        chunks = export.chunks()
        first = await anext(chunks)

        async def idle() -> bool:
            return engine.pool.checkedout() == 0  # type: ignore[attr-defined]

        await eventually(idle)
        whole = first + b"".join([chunk async for chunk in chunks])
        assert msgspec.json.decode(whole.splitlines()[-1])["kind"] == "end"

    async def test_is_refused_while_two_of_hers_are_not_read(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        exports, space_id = Exports(engine, LIMITS), msgspec.convert(place.id, SpaceId)
        begun = [exports.begin(space_id, user_id=ann.id) for _ in range(2)]

        with pytest.raises(RateLimited):
            exports.begin(space_id, user_id=ann.id)
        exports.begin(space_id, user_id=ben.id)
        begun[0].close()
        await asyncio.sleep(0)
        exports.begin(space_id, user_id=ann.id)

        exports.close()

    async def test_ends_when_it_is_not_read_in_time(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        limits = msgspec.structs.replace(LIMITS, export_seconds_max=0.0)

        export = Exports(engine, limits).begin(msgspec.convert(place.id, SpaceId), user_id=ann.id)

        await export.ended
