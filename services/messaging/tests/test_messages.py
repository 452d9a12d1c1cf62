"""What people do to messages that stand."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import new_id

from .people import Json, Person, Place, Refused, logged


def path(message: Json, more: str = "") -> str:
    return f"/channels/{message['channel_id']}/messages/{message['id']}{more}"


class TestListMessages:
    async def test_pages_back_and_forth_without_loss(self, place: Place, ann: Person) -> None:
        for n in range(7):
            await ann.say(place.channel_id, f"{n}")

        newest = await ann.read(place.channel_id, limit=3)
        older = await ann.read(place.channel_id, limit=3, before=newest["prev_cursor"])
        oldest = await ann.read(place.channel_id, limit=3, before=older["prev_cursor"])
        again = await ann.read(place.channel_id, limit=3, after=oldest["next_cursor"])

        pages = [[item["content"] for item in page["items"]] for page in (newest, older, oldest, again)]
        assert pages == [["4", "5", "6"], ["1", "2", "3"], ["0"], ["1", "2", "3"]]
        assert "next_cursor" not in newest
        assert "prev_cursor" not in oldest

    async def test_jumps_around_a_message(self, place: Place, ann: Person) -> None:
        said = [await ann.say(place.channel_id, f"{n}") for n in range(9)]

        page = await ann.read(place.channel_id, around=said[4]["id"], limit=4)

        assert [item["content"] for item in page["items"]] == ["2", "3", "4", "5"]
        assert page["next_cursor"]
        assert page["prev_cursor"]

    async def test_goes_to_a_position(self, place: Place, ann: Person) -> None:
        for n in range(9):
            await ann.say(place.channel_id, f"{n}")

        assert await ann.contents(place.channel_id, around_seq=5, limit=4) == ["2", "3", "4", "5"]
        assert await ann.contents(place.channel_id, after_seq=7) == ["7", "8"]
        assert await ann.contents(place.channel_id, after_seq=0, limit=2) == ["0", "1"]

    async def test_goes_to_a_moment(self, place: Place, ann: Person) -> None:
        said = [await ann.say(place.channel_id, f"{n}") for n in range(4)]
        id_of_third = UUID(said[2]["id"])
        moment = datetime.fromtimestamp((id_of_third.int >> 80) / 1000, UTC)

        at_the_third = await ann.contents(place.channel_id, at=moment.isoformat(), limit=2)
        long_ago = await ann.contents(place.channel_id, at="1969-07-20T20:17:00Z", limit=2)
        far_ahead = await ann.contents(place.channel_id, at="9999-01-01T00:00:00Z", limit=2)

        assert "2" in at_the_third
        assert long_ago == ["0"]
        assert far_ahead == ["2", "3"]

    async def test_gives_messages_by_their_ids(self, place: Place, ann: Person, ben: Person) -> None:
        said = [await ann.say(place.channel_id, f"{n}") for n in range(3)]
        other = await ann.say(await place.make_channel("secret", private=True), "not for Ben")
        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{said[1]['id']}")
        ids = ",".join([said[2]["id"], said[1]["id"], said[2]["id"], other["id"], str(new_id())])

        page = await ben.read(place.channel_id, ids=ids)

        assert [one["seq"] for one in page["items"]] == [2, 3]
        assert page["items"][0]["deleted_at"]
        assert page["seq"] == 4
        with pytest.raises(Refused) as refused:
            await ben.read(other["channel_id"], ids=other["id"])
        assert refused.value.status == 404

    @pytest.mark.parametrize(
        "params",
        [
            {"limit": 0},
            {"limit": 101},
            {"before": "?"},
            {"around": str(new_id())},
            {"before": "MQ", "after": "MQ"},
            {"before": base64.urlsafe_b64encode(b"1" * 5_000).decode()},
            {"around_seq": -1},
            {"after_seq": 2**63},
            {"around_seq": 1, "at": "2026-01-01T00:00:00Z"},
            {"at": "2026-01-01T00:00:00"},
            {"at": "yesterday"},
            {"ids": ""},
            {"ids": "x"},
            {"ids": ",".join(str(new_id()) for _ in range(51))},
        ],
    )
    async def test_refuses_what_is_no_page(self, place: Place, ann: Person, params: Json) -> None:
        with pytest.raises(Refused) as refused:
            await ann.read(place.channel_id, **params)

        assert refused.value.status == 400


class TestEditMessage:
    async def test_keeps_the_history(self, place: Place, ann: Person, ben: Person, engine: AsyncEngine) -> None:
        said = await ann.say(place.channel_id, "Helo")

        edited = await ann.ask("PATCH", path(said), {"content": "Hello"}, headers={"if-match": '"1"'})

        assert edited.headers["etag"] == '"2"'
        assert (edited.json()["content"], edited.json()["rev"]) == ("Hello", 2)
        history = await ben.do("GET", path(said, "/history"))
        assert [(one["rev"], one["content"]) for one in history] == [(1, "Helo"), (2, "Hello")]
        assert (await logged(engine, f"channel:{place.channel_id}"))[-1][1:] == ("message_edited", edited.json())

    async def test_names_the_revision_that_was_shown(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "Helo")
        path = f"/channels/{place.channel_id}/messages/{said['id']}"
        shown = (await ann.ask("GET", path)).headers["etag"]

        edited = await ann.ask("PATCH", path, {"content": "Hello"}, headers={"if-match": shown})

        assert (shown, edited.status_code, edited.headers["etag"]) == ('"1"', 200, '"2"')

    async def test_of_a_stale_revision_is_refused(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "1")
        await ann.do("PATCH", path(said), {"content": "2"})

        with pytest.raises(Refused) as refused:
            await ann.do("PATCH", path(said), {"content": "3"}, headers={"if-match": '"1"'})

        assert (refused.value.status, refused.value.code) == (412, "stale_revision")

    async def test_is_the_authors_alone(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ben.say(place.channel_id, "mine")

        with pytest.raises(Refused) as refused:
            await ann.do("PATCH", path(said), {"content": "yours"})

        assert refused.value.status == 403


class TestDeleteMessage:
    async def test_leaves_a_tombstone(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, f"secret <@{ben.id}>", nonce="n-1")
        await ben.react(said, "👍")
        await ann.do("PATCH", path(said), {"content": "still secret"})

        await ann.do("DELETE", path(said))

        [shown] = (await ben.read(place.channel_id))["items"]
        assert shown["deleted_at"]
        assert (shown["content"], shown["reactions"], shown["mentions"], shown["nonce"]) == ("", [], {}, None)
        assert [one["content"] for one in await ben.do("GET", path(said, "/history"))] == [""]
        assert (await ann.do("GET", "/search", q="secret"))["items"] == []

    async def test_by_a_moderator_stands_in_the_audit_log(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ben.say(place.channel_id, "rude")

        await ann.do("DELETE", path(said))

        [entry, *_] = (await ann.do("GET", f"/spaces/{place.id}/audit"))["items"]
        assert (entry["action"], entry["before"]["author"]["id"]) == ("message.deleted", str(ben.id))
        assert entry["before"]["content"] == "", "deleted words are nowhere"

    async def test_of_others_needs_the_permission(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, "stays")

        with pytest.raises(Refused) as refused:
            await ben.do("DELETE", path(said))

        assert refused.value.status == 403

    async def test_cannot_be_undone_by_an_edit(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        await ann.do("DELETE", path(said))

        with pytest.raises(Refused) as refused:
            await ann.do("PATCH", path(said), {"content": "y"})

        assert refused.value.code == "message_deleted"


class TestReactions:
    async def test_are_counted_once_per_person(
        self, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        said = await ann.say(place.channel_id, "x")

        for person in (ann, ben, ben):
            await person.react(said, "👍")
        await ann.react(said, "👍", "DELETE")
        await ann.react(said, "👍", "DELETE")

        [shown] = (await ann.read(place.channel_id))["items"]
        assert shown["reactions"] == [{"emoji": "👍", "count": 1, "me": False}]
        told = [(event, data["count"]) for _, event, data in (await logged(engine, f"channel:{place.channel_id}"))[1:]]
        assert told == [("reaction_added", 1), ("reaction_added", 2), ("reaction_removed", 1)]

    async def test_of_too_many_kinds_are_refused(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        for n in range(20):
            await ann.react(said, f"e{n}")

        with pytest.raises(Refused) as refused:
            await ann.react(said, "one-more")

        assert refused.value.code == "limit_reached"


class TestPins:
    async def test_are_announced_and_listed(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ben.say(place.channel_id, "important")

        await ann.do("PUT", f"/channels/{place.channel_id}/pins/{said['id']}")
        await ann.do("PUT", f"/channels/{place.channel_id}/pins/{said['id']}")

        assert [one["id"] for one in await ben.do("GET", f"/channels/{place.channel_id}/pins")] == [said["id"]]
        [_, announced] = (await ben.read(place.channel_id))["items"]
        assert (announced["kind"], announced["reply_to"]) == ("message_pinned", said["id"])

    async def test_need_the_permission(self, place: Place, ben: Person) -> None:
        said = await ben.say(place.channel_id, "x")

        with pytest.raises(Refused) as refused:
            await ben.do("PUT", f"/channels/{place.channel_id}/pins/{said['id']}")

        assert refused.value.status == 403


class TestThreads:
    async def test_are_channels_on_a_message(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, "Let us talk")

        thread = await ben.do("POST", path(said, "/thread"), {"name": "talk"})
        await ann.say(thread["id"], "here")

        [shown] = (await ann.read(place.channel_id))["items"]
        assert shown["thread_id"] == thread["id"]
        assert await ben.contents(thread["id"]) == ["here"]
        assert [one["id"] for one in await ann.do("GET", f"/channels/{place.channel_id}/threads")] == [thread["id"]]
        assert len(await ann.do("GET", f"/spaces/{place.id}/channels")) == 1

    async def test_are_as_private_as_their_parent(self, place: Place, ann: Person, ben: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        thread = await ann.do("POST", path(said, "/thread"), {"name": "talk"})

        await ann.do("PATCH", f"/channels/{place.channel_id}", {"private": True})

        with pytest.raises(Refused) as refused:
            await ben.read(thread["id"])
        assert refused.value.status == 404

    async def test_are_closed_with_their_parent(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        thread = await ann.do("POST", path(said, "/thread"), {"name": "talk"})

        await ann.do("PATCH", f"/channels/{place.channel_id}", {"archived": True})

        with pytest.raises(Refused) as refused:
            await ann.say(thread["id"], "y")
        assert refused.value.code == "channel_archived"

    async def test_go_with_their_parent_and_are_named(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        channel_id = await place.make_channel()
        threads = [
            (await ann.do("POST", path(await ann.say(channel_id, "x"), "/thread"), {"name": "t"}))["id"]
            for _ in range(3)
        ]
        await ann.do("DELETE", f"/channels/{threads.pop()}")

        await ann.do("DELETE", f"/channels/{channel_id}")

        *_, (_, event, data) = await logged(engine, f"space:{place.id}")
        assert (event, data["id"], data["threads"]) == ("channel_deleted", channel_id, threads)

    async def test_do_not_nest_and_do_not_repeat(self, place: Place, ann: Person) -> None:
        said = await ann.say(place.channel_id, "x")
        thread = await ann.do("POST", path(said, "/thread"), {"name": "talk"})
        inside = await ann.say(thread["id"], "y")

        for message, code in ((said, "thread_exists"), (inside, "thread_in_thread")):
            with pytest.raises(Refused) as refused:
                await ann.do("POST", path(message, "/thread"), {"name": "again"})
            assert refused.value.code == code
