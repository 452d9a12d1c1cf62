"""Channels, and who may do what in them."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from .people import Person, Place, Refused, logged

NOBODYS = "019c0000-0000-7000-8000-00000000dead"


async def status(person: Person, method: str, path: str, body: object = None) -> int:
    return (await person.ask(method, path, body)).status_code


class TestPrivateChannels:
    async def test_exist_only_for_those_let_in(
        self, place: Place, ann: Person, ben: Person, eve: Person, engine: AsyncEngine
    ) -> None:
        await place.invite(eve)
        channel_id = await place.make_channel("board", private=True)
        path = f"/channels/{channel_id}"

        assert await status(ben, "GET", path) == 404
        assert await status(ben, "GET", f"{path}/messages") == 404
        assert await status(ben, "POST", f"{path}/messages", {"content": "x"}) == 404
        await ann.do("PUT", f"{path}/overrides/user:{ben.id}", {"allow": ["view"]})

        assert await status(ben, "POST", f"{path}/messages", {"content": "x"}) == 201
        assert await status(eve, "GET", path) == 404
        assert [one["name"] for one in await eve.do("GET", f"/spaces/{place.id}/channels")] == ["general"]
        assert "board" not in str(await logged(engine, f"space:{place.id}"))

    async def test_tell_the_space_that_access_changed_without_a_name(
        self, place: Place, ann: Person, engine: AsyncEngine
    ) -> None:
        channel_id = await place.make_channel("board", private=True)
        await ann.do("PATCH", f"/channels/{channel_id}", {"topic": "secret"})
        await ann.do("DELETE", f"/channels/{channel_id}")

        space = [event for _, event, _ in await logged(engine, f"space:{place.id}")]
        assert space[-2:] == ["access_changed", "access_changed"]
        channel = [event for _, event, _ in await logged(engine, f"channel:{channel_id}")]
        assert channel == ["channel_created", "channel_updated", "channel_deleted"]


class TestOverrides:
    async def test_take_from_a_role_and_give_to_a_person(self, place: Place, ann: Person, ben: Person) -> None:
        overrides = f"/channels/{place.channel_id}/overrides"
        post = ("POST", f"/channels/{place.channel_id}/messages", {"content": "x"})

        await ann.do("PUT", f"{overrides}/role:member", {"deny": ["post"]})
        assert await status(ben, *post) == 403
        await ann.do("PUT", f"{overrides}/user:{ben.id}", {"allow": ["post", "pin"]})
        assert await status(ben, *post) == 201
        assert "pin" in (await ben.do("GET", f"/channels/{place.channel_id}"))["permissions"]
        await ann.do("DELETE", f"{overrides}/user:{ben.id}")
        assert await status(ben, *post) == 403

        assert [one["subject"] for one in await ann.do("GET", overrides)] == ["role:member"]

    async def test_never_bind_admins(self, place: Place, ann: Person, ben: Person) -> None:
        await place.promote(ben, "admin")
        await ann.do("PUT", f"/channels/{place.channel_id}/overrides/user:{ben.id}", {"deny": ["view"]})

        assert await status(ben, "GET", f"/channels/{place.channel_id}/messages") == 200

    @pytest.mark.parametrize(
        ("subject", "body"),
        [
            ("role:admin", {}),
            ("role:king", {}),
            ("somebody", {}),
            (f"user:{NOBODYS}", {}),
            ("role:member", {"allow": ["own"]}),
            ("role:member", {"allow": ["post"], "deny": ["post"]}),
        ],
    )
    async def test_that_make_no_sense_are_refused(
        self, place: Place, ann: Person, subject: str, body: dict[str, list[str]]
    ) -> None:
        assert await status(ann, "PUT", f"/channels/{place.channel_id}/overrides/{subject}", body) == 400


class TestChangeChannel:
    async def test_says_so_in_the_channel_when_renamed(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        await ann.do("PATCH", f"/channels/{place.channel_id}", {"name": "lobby"})

        [announced] = (await ann.read(place.channel_id))["items"]
        assert (announced["kind"], announced["content"]) == ("channel_renamed", "lobby")
        assert (await logged(engine, f"space:{place.id}"))[-1][1:] == (
            "channel_updated",
            {key: value for key, value in (await self._shown(ann, place)).items() if key != "permissions"},
        )

    async def _shown(self, ann: Person, place: Place) -> dict[str, object]:
        return await ann.do("GET", f"/channels/{place.channel_id}")

    async def test_needs_the_permission(self, place: Place, ben: Person) -> None:
        assert await status(ben, "PATCH", f"/channels/{place.channel_id}", {"name": "x"}) == 403
        assert await status(ben, "DELETE", f"/channels/{place.channel_id}") == 403

    async def test_opens_an_archived_one_again(self, place: Place, ann: Person) -> None:
        path = f"/channels/{place.channel_id}"
        await ann.do("PATCH", path, {"archived": True})

        assert await status(ann, "PATCH", path, {"name": "x"}) == 409
        await ann.do("PATCH", path, {"archived": False})

        assert await status(ann, "PATCH", path, {"name": "x"}) == 200


class TestLimits:
    async def test_count_channels(self, place: Place, ann: Person, engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                "insert into channels (id, space_id, name, topic, private, created_at)"
                " select gen_random_uuid(), $1, 'n', '', false, now() from generate_series(2, 500)",
                (place.id,),
            )

        with pytest.raises(Refused) as refused:
            await place.make_channel("one-more")

        assert (refused.value.status, refused.value.code) == (409, "limit_reached")
