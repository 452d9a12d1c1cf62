"""Members as they are looked for."""

from typing import Any

import pytest

from contracts.ids import new_id

from .conftest import MakePerson
from .people import Json, Person, Place, Refused


async def names(person: Person, path: str, **params: Any) -> list[str]:
    page = await person.do("GET", path, **params)
    return sorted(one["user"]["display_name"] for one in page["items"])


class TestListMembers:
    async def test_counts_all_and_names_the_position(self, place: Place, ann: Person, ben: Person) -> None:
        page = await ben.do("GET", f"/spaces/{place.id}/members", limit=1)

        assert (len(page["items"]), page["member_count"]) == (1, 2)
        assert page["seq"] == (await ben.do("GET", "/start"))["seqs"][f"space:{place.id}"]

    @pytest.mark.parametrize(
        ("search", "found"),
        [("özl", ["Özlem"]), ("ÖZLEM", ["Özlem"]), ("o\u0308zlem", ["Özlem"]), ("%", []), ("_", []), ("иван", ["Иван"]),
         ("王", ["王小明"]), ("n", ["Ann", "Ben"]), ("nobody", [])],
    )  # fmt: skip
    async def test_searches_names_in_any_case_and_script(
        self, place: Place, ann: Person, person: MakePerson, search: str, found: list[str]
    ) -> None:
        await place.invite(person("Özlem"), person("Иван"), person("王小明"))

        assert await names(ann, f"/spaces/{place.id}/members", search=search) == found

    async def test_finds_by_role_and_by_ids(self, place: Place, ann: Person, ben: Person, eve: Person) -> None:
        await place.invite(eve)
        await place.promote(eve, "moderator")
        path = f"/spaces/{place.id}/members"

        assert await names(ann, path, role="moderator") == ["Eve"]
        assert await names(ann, path, ids=f"{ben.id},{new_id()},{eve.id}") == ["Ben", "Eve"]
        assert await names(ann, path, role="member", ids=f"{ben.id},{eve.id}") == ["Ben"]
        assert (await ann.do("GET", path, role="member"))["member_count"] == 1

    @pytest.mark.parametrize(
        "params", [{"search": ""}, {"search": "x" * 101}, {"role": "king"}, {"ids": "x"}, {"ids": ""}, {"limit": 0}]
    )
    async def test_refuses_what_makes_no_sense(self, place: Place, ann: Person, params: Json) -> None:
        with pytest.raises(Refused) as refused:
            await ann.do("GET", f"/spaces/{place.id}/members", **params)

        assert refused.value.status == 400

    async def test_is_nothing_to_strangers(self, place: Place, eve: Person) -> None:
        with pytest.raises(Refused) as refused:
            await eve.do("GET", f"/spaces/{place.id}/members", search="Ann")

        assert refused.value.status == 404


class TestListViewers:
    async def test_of_a_private_channel_are_those_who_are_let_in(
        self, place: Place, ann: Person, ben: Person, eve: Person, person: MakePerson
    ) -> None:
        cem, dee = person("Cem"), person("Dee")
        await place.invite(eve, cem, dee)
        await place.promote(cem, "moderator")
        await place.promote(dee, "admin")
        secret = await place.make_channel("secret", private=True)
        path = f"/channels/{secret}/members"
        assert await names(ann, path) == ["Ann", "Dee"]

        await ann.do("PUT", f"/channels/{secret}/overrides/user:{ben.id}", {"allow": ["view"]})
        await ann.do("PUT", f"/channels/{secret}/overrides/role:moderator", {"allow": ["view"]})

        assert await names(ben, path) == ["Ann", "Ben", "Cem", "Dee"]
        assert (await ben.do("GET", path, role="moderator"))["member_count"] == 1
        with pytest.raises(Refused) as refused:
            await eve.do("GET", path)
        assert refused.value.status == 404

    async def test_of_a_public_channel_are_all_but_those_who_are_shut_out(
        self, place: Place, ann: Person, ben: Person, eve: Person
    ) -> None:
        await place.invite(eve)
        await ann.do("PUT", f"/channels/{place.channel_id}/overrides/user:{eve.id}", {"deny": ["view"]})
        said = await ann.say(place.channel_id, "root")
        thread = await ann.do("POST", f"/channels/{place.channel_id}/messages/{said['id']}/thread", {"name": "t"})

        assert await names(ben, f"/channels/{place.channel_id}/members") == ["Ann", "Ben"]
        assert await names(ben, f"/channels/{thread['id']}/members") == ["Ann", "Ben"]


class TestPeople:
    async def test_come_with_bans_and_with_the_audit_log(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.do("PUT", f"/spaces/{place.id}/bans/{ben.id}")

        bans = await ann.do("GET", f"/spaces/{place.id}/bans")
        audit = await ann.do("GET", f"/spaces/{place.id}/audit")

        known = {str(ann.id): "Ann", str(ben.id): "Ben"}
        for page in (bans, audit):
            assert {one: profile["display_name"] for one, profile in page["people"].items()} == known


class TestReadSpace:
    async def test_leaves_nothing_unread_there(self, place: Place, ann: Person, ben: Person) -> None:
        other = await place.make_channel("other")
        empty = await place.make_channel("empty")
        await ann.say(place.channel_id, f"<@{ben.id}>")
        await ann.say(other, "x")
        elsewhere = await ann.make_space("Elsewhere")
        await elsewhere.invite(ben)
        await ann.say(elsewhere.channel_id, "y")

        state = await ben.do("PUT", f"/spaces/{place.id}/read")
        again = await ben.do("PUT", f"/spaces/{place.id}/read")

        assert {one["channel_id"]: (one["unread"], one["mentions"]) for one in state["items"]} == {
            place.channel_id: (0, 0), other: (0, 0), empty: (0, 0),
        }  # fmt: skip
        assert state["seq"] == 3, "a mention and two markers that moved"
        assert again == state
        unread = {one["channel_id"]: one["unread"] for one in (await ben.do("GET", "/unread"))["items"]}
        assert unread[elsewhere.channel_id] == 1

    async def test_is_nothing_to_strangers(self, place: Place, eve: Person) -> None:
        with pytest.raises(Refused) as refused:
            await eve.do("PUT", f"/spaces/{place.id}/read")

        assert refused.value.status == 404


class TestMoveMarkerBack:
    async def test_makes_unread_again_what_was_read(self, place: Place, ann: Person, ben: Person) -> None:
        said = [await ann.say(place.channel_id, f"<@{ben.id}>") for _ in range(3)]
        path = f"/channels/{place.channel_id}/read"
        await ben.do("PUT", path, {"seq": said[2]["seq"]})

        state = await ben.do("PUT", path, {"seq": said[0]["seq"], "back": True})

        assert (state["read_seq"], state["unread"], state["mentions"]) == (1, 2, 2)
        assert (await ben.do("PUT", path, {"seq": 0}))["read_seq"] == 1, "a device that lags does not"
