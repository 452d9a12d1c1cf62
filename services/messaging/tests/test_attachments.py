"""What is attached to messages: shown alike on every write path, and only what media vouches for."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import new_id
from contracts.media import UploadsWanted
from testkit.tokens import Signer

from .conftest import StartMessaging
from .people import Json, Person, Place, logged
from .standin import Media, a_file

NOT_READY = "is not an upload of yours that is ready in this space"


@pytest.fixture(scope="module")
def client(each_write_path: httpx.AsyncClient) -> httpx.AsyncClient:
    return each_write_path


async def post(person: Person, channel_id: str, ids: list[str], **draft: Any) -> httpx.Response:
    return await person.ask("POST", f"/channels/{channel_id}/messages", {"attachments": ids, **draft})


async def said_nothing(media: Media, place: Place, person: Person) -> bool:
    """Nor was media asked to tie anything to the space's channels."""
    untouched = not [one for one in media.asked if str(one.space_id) == place.id]
    return untouched and (await person.read(place.channel_id))["seq"] == 0


def wrong(response: httpx.Response) -> list[tuple[str, str]]:
    body: Json = response.json()
    assert (response.status_code, body["code"]) == (400, "invalid_input")
    return [(one["pointer"], one["message"]) for one in body["errors"]]


class TestAttach:
    async def test_is_seen_in_the_event_and_the_history_as_it_was_answered(
        self, place: Place, ann: Person, ben: Person, media: Media, engine: AsyncEngine
    ) -> None:
        ids = [media.give(ben, place) for _ in range(10)]

        said = await ben.say(place.channel_id, "Look", attachments=ids)

        assert said["attachments"] == ids
        assert said["files"] == [msgspec.to_builtins(a_file(UUID(one))) for one in ids]
        assert await logged(engine, f"channel:{place.channel_id}") == [(1, "message_posted", said)]
        assert (await ann.read(place.channel_id))["items"] == [said]

    async def test_names_who_attaches_what_where(self, place: Place, ann: Person, ben: Person, media: Media) -> None:
        above = await ann.say(place.channel_id, "x")
        thread = await ann.do("POST", f"/channels/{place.channel_id}/messages/{above['id']}/thread", {"name": "t"})
        ids = [media.give(ben, place), media.give(ben, place)]

        await ben.say(thread["id"], "Look", attachments=ids)

        expected = {"space_id": place.id, "channel_id": thread["id"], "user_id": str(ben.id), "ids": ids}
        assert media.asked[-1] == msgspec.convert(expected, UploadsWanted)

    async def test_needs_no_words(self, place: Place, ann: Person, ben: Person, media: Media) -> None:
        said = await ann.say(place.channel_id, "", attachments=[media.give(ann, place)])

        assert (said["content"], len(said["attachments"])) == ("", 1)
        [unread] = (await ben.do("GET", "/unread"))["items"]
        assert unread["unread"] == 1

    async def test_is_found_and_exported(self, place: Place, ann: Person, media: Media) -> None:
        await ann.say(place.channel_id, "words alone")
        said = await ann.say(place.channel_id, "a picture", attachments=[media.give(ann, place)])

        found = await ann.do("GET", "/search", q="has:attachment", space_id=place.id)
        exported = (await ann.ask("GET", f"/spaces/{place.id}/export")).content.splitlines()

        assert [hit["message"] for hit in found["items"]] == [said]
        lines = [msgspec.json.decode(line) for line in exported]
        assert [one["attachments"] for one in lines if one["kind"] == "message"] == [[], said["attachments"]]

    async def test_stays_through_edits_even_when_the_words_go(self, place: Place, ann: Person, media: Media) -> None:
        said = await ann.say(place.channel_id, "a picture", attachments=[media.give(ann, place)])

        edited = await ann.do("PATCH", f"/channels/{place.channel_id}/messages/{said['id']}", {"content": ""})

        assert (edited["content"], edited["attachments"]) == ("", said["attachments"])

    async def test_asks_nobody_where_nothing_is_attached(self, place: Place, ann: Person, media: Media) -> None:
        before = len(media.asked)

        await ann.say(place.channel_id, "words", attachments=[])

        assert len(media.asked) == before


class TestWhatMediaAsks:
    async def test_is_whether_a_message_of_the_channel_shows_it(
        self, client: httpx.AsyncClient, signer: Signer, place: Place, ann: Person, media: Media
    ) -> None:
        said = await ann.say(place.channel_id, "x", attachments=[media.give(ann, place)])
        [shown] = said["attachments"]
        token = signer.service_token("media", audience="messaging")

        async def asked(channel_id: str, upload_id: str) -> int:
            path = f"/internal/channels/{channel_id}/uploads/{upload_id}"
            return (await client.get(path, headers={"authorization": f"Bearer {token}"})).status_code

        before = [await asked(place.channel_id, shown), await asked(str(new_id()), shown)]
        await ann.do("DELETE", f"/channels/{place.channel_id}/messages/{said['id']}")

        assert before == [204, 404]
        assert await asked(place.channel_id, shown) == 404


class TestRefusals:
    async def test_name_what_is_not_the_authors_ready_upload_of_this_space(
        self, place: Place, ann: Person, ben: Person, media: Media
    ) -> None:
        elsewhere = await ann.make_space()
        ids = [media.give(ann, place), media.give(ben, place), media.give(ann, elsewhere), str(new_id())]

        response = await post(ann, place.channel_id, ids, content="x")

        assert wrong(response) == [(f"/attachments/{n}", NOT_READY) for n in (1, 2, 3)]
        assert (await ann.read(place.channel_id))["seq"] == 0
        assert not media.attached.keys() & set(media.asked[-1].ids)

    async def test_what_another_channel_shows_is_not_taken_from_it(
        self, place: Place, ann: Person, media: Media
    ) -> None:
        private = await place.make_channel("board", private=True)
        said = await ann.say(private, "x", attachments=[media.give(ann, place)])

        response = await post(ann, place.channel_id, said["attachments"])

        assert wrong(response) == [("/attachments/0", NOT_READY)]

    async def test_after_media_was_asked_give_back_what_it_holds(self, place: Place, ann: Person, media: Media) -> None:
        ids = [media.give(ann, place)]

        response = await post(ann, place.channel_id, ids, content="x", reply_to=str(new_id()))

        assert wrong(response) == [("/reply_to", "is not a message of this channel")]
        assert media.released[-1] == media.asked[-1]
        assert [str(one) for one in media.released[-1].ids] == ids

    async def test_name_what_is_attached_twice(self, place: Place, ann: Person, media: Media) -> None:
        one, other = media.give(ann, place), media.give(ann, place)

        response = await post(ann, place.channel_id, [one, other, one])

        assert wrong(response) == [("/attachments/2", "is attached already")]
        assert await said_nothing(media, place, ann)

    async def test_too_many(self, place: Place, ann: Person, media: Media) -> None:
        response = await post(ann, place.channel_id, [media.give(ann, place) for _ in range(11)])

        assert wrong(response) == [("/attachments", "at most 10")]
        assert await said_nothing(media, place, ann)

    async def test_who_may_not_post_there_ties_nothing_to_it(
        self, place: Place, ann: Person, ben: Person, eve: Person, media: Media
    ) -> None:
        private = await place.make_channel("board", private=True)

        answers = [
            await post(eve, place.channel_id, [media.give(eve, place)]),
            await post(ben, private, [media.give(ben, place)]),
            await post(ben, str(new_id()), [media.give(ben, place)]),
        ]

        assert [one.status_code for one in answers] == [404] * 3
        assert await said_nothing(media, place, ann)

    async def test_who_may_not_attach_there_may_still_talk(
        self, place: Place, ann: Person, ben: Person, media: Media
    ) -> None:
        channel = f"/channels/{place.channel_id}"
        await ann.do("PUT", f"{channel}/overrides/user:{ben.id}", {"deny": ["attach"]})

        response = await post(ben, place.channel_id, [media.give(ben, place)], content="x")

        assert (response.status_code, response.json()["code"]) == (403, "forbidden")
        assert await said_nothing(media, place, ann)
        assert (await ben.say(place.channel_id, "words"))["seq"] == 1

    async def test_an_archived_channel_takes_none(self, place: Place, ann: Person, media: Media) -> None:
        await ann.do("PATCH", f"/channels/{place.channel_id}", {"archived": True})

        response = await post(ann, place.channel_id, [media.give(ann, place)])

        assert (response.status_code, response.json()["code"]) == (409, "channel_archived")
        assert await said_nothing(media, place, ann)


class TestRepeat:
    async def test_at_once_is_one_message(self, place: Place, ann: Person, media: Media) -> None:
        ids = [media.give(ann, place)]

        said = await asyncio.gather(*(ann.say(place.channel_id, "x", nonce="n", attachments=ids) for _ in range(5)))

        assert len({one["id"] for one in said}) == 1
        assert (await ann.read(place.channel_id))["seq"] == 1
        held = [[str(one) for one in asked.ids] == ids for asked in (*media.asked, *media.released)]
        assert sum(held[: len(media.asked)]) == sum(held[len(media.asked) :]) + 1

    async def test_with_other_attachments_is_refused(self, place: Place, ann: Person, media: Media) -> None:
        await ann.say(place.channel_id, "x", nonce="n", attachments=[media.give(ann, place)])

        response = await post(ann, place.channel_id, [media.give(ann, place)], content="x", nonce="n")

        assert (response.status_code, response.json()["code"]) == (409, "nonce_reused")


class TestMediaAway:
    async def test_hurts_only_what_is_new_and_has_attachments(self, place: Place, ann: Person, media: Media) -> None:
        ids = [media.give(ann, place)]
        first = await ann.say(place.channel_id, "x", nonce="n", attachments=ids)

        media.status = 500
        new = await post(ann, place.channel_id, [media.give(ann, place)])
        again = await post(ann, place.channel_id, ids, content="x", nonce="n")
        words = await ann.say(place.channel_id, "words")
        media.status = 200

        assert (new.status_code, new.json()["code"]) == (503, "unavailable")
        assert int(new.headers["retry-after"]) >= 1
        assert (again.status_code, again.json()) == (200, first)
        assert words["seq"] == 2

    async def test_is_not_told_to_strangers(self, place: Place, eve: Person, media: Media) -> None:
        media.status = 500
        response = await post(eve, place.channel_id, [media.give(eve, place)])
        media.status = 200

        assert response.status_code == 404

    @pytest.mark.parametrize("status", [401, 404])
    async def test_is_what_an_answer_is_that_makes_no_sense(
        self, place: Place, ann: Person, media: Media, status: int
    ) -> None:
        media.status = status
        response = await post(ann, place.channel_id, [media.give(ann, place)])
        media.status = 200

        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert (await ann.read(place.channel_id))["seq"] == 0


class TestDeleteMessage:
    @pytest.mark.parametrize("by", ["author", "moderator"])
    async def test_lets_go_what_was_attached(
        self, place: Place, ann: Person, ben: Person, media: Media, engine: AsyncEngine, by: str
    ) -> None:
        said = await ben.say(place.channel_id, "x", attachments=[media.give(ben, place), media.give(ben, place)])

        await (ben if by == "author" else ann).do("DELETE", f"/channels/{place.channel_id}/messages/{said['id']}")

        *_, (_, event, data) = await logged(engine, f"channel:{place.channel_id}")
        assert (event, data["attachments"]) == ("message_deleted", said["attachments"])
        [tombstone] = (await ann.read(place.channel_id))["items"]
        assert tombstone == data | {"attachments": []}
        assert (await ann.do("GET", "/search", q="has:attachment", space_id=place.id))["items"] == []


class TestWithoutMedia:
    async def test_people_talk(self, start: StartMessaging, ann: Person, place: Place, media: Media) -> None:
        ann.client = await start(media_url="", service_key_file="", auth_url="")

        response = await post(ann, place.channel_id, [media.give(ann, place)])

        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response.headers["retry-after"]
        assert (await ann.say(place.channel_id, "words"))["seq"] == 1
