"""What a client shows first, in one call."""

from typing import Any

import httpx

from .conftest import StartMessaging
from .people import Json, Person, Place


async def starting(person: Person) -> Json:
    return await person.do("GET", "/start")


class TestShowStart:
    async def test_has_spaces_channels_and_what_is_unread(self, ann: Person, ben: Person, place: Place) -> None:
        said = await ann.say(place.channel_id, f"<@{ben.id}> come")

        start = await starting(ben)

        [space] = start["spaces"]
        assert (space["id"], space["role"]) == (place.id, "member")
        assert [one["name"] for one in space["channels"]] == ["general"]
        [unread] = start["unread"]
        assert (unread["channel_id"], unread["unread"], unread["mentions"]) == (place.channel_id, 1, 1)
        assert start["seqs"][f"channel:{place.channel_id}"] == said["seq"]
        assert start["seqs"][f"user:{ben.id}"] == 1

    async def test_says_the_same_as_the_calls_it_stands_for(self, ann: Person, ben: Person, place: Place) -> None:
        await place.make_channel("other")
        space = dict((await starting(ben))["spaces"][0])

        channels = space.pop("channels")

        assert [space] == await ben.do("GET", "/spaces")
        assert channels == await ben.do("GET", f"/spaces/{place.id}/channels")
        assert (await starting(ben))["unread"] == (await ben.do("GET", "/unread"))["items"]

    async def test_names_a_position_for_every_topic_that_tells_of_it(
        self, ann: Person, ben: Person, place: Place
    ) -> None:
        said = await ann.say(place.channel_id, "root")
        path = f"/channels/{place.channel_id}/messages/{said['id']}/thread"
        thread = await ann.do("POST", path, {"name": "deeper"})
        await ann.say(thread["id"], "in it")

        start = await starting(ann)

        assert [one["id"] for one in start["threads"]] == [thread["id"]]
        assert start["seqs"] == {
            f"user:{ann.id}": 0,
            f"space:{place.id}": 3,
            f"channel:{place.channel_id}": 2,
            f"channel:{thread['id']}": 1,
        }

    async def test_shows_no_private_channel_and_no_space_of_others(
        self, ann: Person, ben: Person, eve: Person, place: Place
    ) -> None:
        secret = await place.make_channel("secret", private=True)

        seen_by_ben, seen_by_eve = await starting(ben), await starting(eve)

        assert secret not in str(seen_by_ben)
        assert secret in str(await starting(ann))
        assert seen_by_eve == {"spaces": [], "threads": [], "unread": [], "seqs": {f"user:{eve.id}": 0}}

    async def test_needs_a_token(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/v1/start")).status_code == 401


class TestPermissions:
    async def test_of_a_space_say_what_the_role_may(self, ann: Person, ben: Person, place: Place) -> None:
        [owned] = (await starting(ann))["spaces"]
        [joined] = (await starting(ben))["spaces"]

        assert {"own", "manage_space", "record"} <= set(owned["permissions"])
        assert "record" not in joined["permissions"]
        assert "post" in joined["permissions"]

    async def test_let_record_who_the_operator_lets(self, start: StartMessaging, signer: Any) -> None:
        open_to_all = await start(record_role="member")
        ann, ben = Person(open_to_all, signer, "Ann"), Person(open_to_all, signer, "Ben")
        place = await ann.make_space()
        await place.invite(ben)

        [joined] = (await starting(ben))["spaces"]

        assert "record" in joined["permissions"]

    async def test_of_a_space_come_with_how_many_belong_to_it(self, ann: Person, ben: Person, place: Place) -> None:
        shown = await ben.do("GET", f"/spaces/{place.id}")

        assert shown["member_count"] == 2
        assert shown["permissions"] == (await starting(ben))["spaces"][0]["permissions"]
