"""Posts that are brought together: each has its own outcome."""

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import new_id
from contracts.posts import PATH, CarriedPost

from .conftest import StartMessaging
from .people import Person, Place
from .test_group import transactions
from .together import bring


def carried(person: Person, place: Place, content: Any = "Hello", **draft: Any) -> CarriedPost:
    body = msgspec.json.encode({"content": content, **draft})
    return msgspec.convert((place.channel_id, person.token, body, ""), CarriedPost)


class TestBringPosts:
    async def test_commits_them_together_in_their_order(
        self, client: httpx.AsyncClient, place: Place, ann: Person, ben: Person, engine: AsyncEngine
    ) -> None:
        answers = await bring(client, [carried([ann, ben][n % 2], place, f"{n}") for n in range(20)])

        said = [msgspec.json.decode(one.body) for one in answers if one]
        assert [one["content"] for one in said] == [f"{n}" for n in range(20)]
        assert [one["seq"] for one in said] == list(range(1, 21))
        assert (await ann.read(place.channel_id))["items"] == said
        assert await transactions(engine, place) == 1

    async def test_each_has_its_own_outcome(
        self, client: httpx.AsyncClient, place: Place, ann: Person, eve: Person
    ) -> None:
        answers = await bring(
            client,
            [
                carried(ann, place, "one", nonce="n"),
                carried(eve, place, "a stranger's"),
                carried(ann, place, "one", nonce="n"),
                carried(ann, place, "other", nonce="n"),
                carried(ann, place, "a reply", reply_to=str(new_id())),
                carried(ann, place, "two"),
            ],
        )

        assert [one and one.status for one in answers] == [201, 404, 200, 409, 400, 201]
        assert await ann.contents(place.channel_id) == ["one", "two"]

    async def test_a_refusal_is_the_one_that_a_single_post_gets(
        self, client: httpx.AsyncClient, place: Place, eve: Person
    ) -> None:
        [brought] = await bring(client, [carried(eve, place)])
        alone = await eve.ask("POST", f"/channels/{place.channel_id}/messages", {"content": "Hello"})

        assert brought is not None
        assert msgspec.json.decode(brought.body) | {"instance": ""} == alone.json() | {"instance": ""}
        assert (b"content-type", alone.headers["content-type"].encode()) in brought.headers

    async def test_what_is_forged_or_malformed_is_left_to_come_by_itself(
        self, client: httpx.AsyncClient, place: Place, ann: Person
    ) -> None:
        good = carried(ann, place)
        forged = msgspec.structs.replace(good, token=ann.token[:-4] + "AAAA")
        bodies = (b"", b"{", b'{"contents":"x"}', b"[]", b'{"\xff":"x"}')
        malformed = [msgspec.structs.replace(good, draft=one) for one in bodies]

        answers = await bring(client, [forged, good, *malformed])

        assert [one and one.status for one in answers] == [None, 201, *[None] * len(bodies)]

    async def test_is_unknown_where_posts_are_not_merged(self, start: StartMessaging) -> None:
        client = await start(group_commit=False)

        response = await client.post(PATH, content=msgspec.msgpack.encode([]))

        assert response.status_code == 404

    @pytest.mark.parametrize("body", [b"", b"\x90garbage", b"\x91\x01", b"{}"])
    async def test_what_is_no_list_of_posts_is_refused(self, client: httpx.AsyncClient, body: bytes) -> None:
        response = await client.post(PATH, content=body)

        assert response.status_code in {400, 404}
