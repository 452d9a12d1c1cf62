"""Spaces, invites, members, roles, bans, the audit log."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from .conftest import MakePerson
from .people import Json, Person, Place, Refused, logged


async def refused(person: Person, method: str, path: str, body: Any = None) -> tuple[int, str]:
    with pytest.raises(Refused) as refusal:
        await person.do(method, path, body)
    return refusal.value.status, refusal.value.code


class TestCreateSpace:
    async def test_makes_its_creator_owner_of_a_space_with_a_channel(self, ann: Person) -> None:
        space = await ann.do("POST", "/spaces", {"name": " Home "})

        assert (space["name"], space["role"]) == ("Home", "owner")
        assert [one["name"] for one in await ann.do("GET", f"/spaces/{space['id']}/channels")] == ["general"]
        assert space in await ann.do("GET", "/spaces")

    @pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": 1}, [], None])
    async def test_refuses_what_is_no_name(self, ann: Person, body: Any) -> None:
        assert (await refused(ann, "POST", "/spaces", body))[0] == 400

    async def test_is_hidden_from_strangers(self, place: Place, eve: Person) -> None:
        for path in ("", "/channels", "/members", "/audit", "/bans", "/export"):
            assert (await refused(eve, "GET", f"/spaces/{place.id}{path}"))[0] == 404


class TestPreviewInvite:
    async def test_shows_a_stranger_where_it_leads(self, place: Place, ann: Person, ben: Person) -> None:
        invite = await ann.do("POST", f"/spaces/{place.id}/invites")

        shown = (await ann.client.get(f"/api/v1/invites/{invite['code']}")).json()

        assert shown["space"] == {"id": place.id, "name": "Home", "member_count": 2}
        assert shown["inviter"]["display_name"] == "Ann"
        assert shown["expires_at"] == invite["expires_at"]
        assert not shown["member"]

    async def test_knows_who_is_a_member_already(self, place: Place, ann: Person, ben: Person, eve: Person) -> None:
        code = (await ann.do("POST", f"/spaces/{place.id}/invites", {"max_uses": 1}))["code"]

        assert (await ben.do("GET", f"/invites/{code}"))["member"]
        assert not (await eve.do("GET", f"/invites/{code}"))["member"]
        await eve.do("POST", f"/invites/{code}/accept")
        assert (await eve.do("GET", f"/invites/{code}"))["member"]

    async def test_refuses_as_accepting_would(self, place: Place, ann: Person, ben: Person, eve: Person) -> None:
        spent = (await ann.do("POST", f"/spaces/{place.id}/invites", {"max_uses": 1}))["code"]
        good = (await ann.do("POST", f"/spaces/{place.id}/invites"))["code"]
        await eve.do("POST", f"/invites/{spent}/accept")
        await ann.do("PUT", f"/spaces/{place.id}/bans/{ben.id}")

        used_up = await ann.client.get(f"/api/v1/invites/{spent}")
        unknown = await ann.client.get("/api/v1/invites/nothing")
        banned = await ben.ask("GET", f"/invites/{good}")
        garbled = await ann.client.get(f"/api/v1/invites/{good}", headers={"authorization": "Bearer x"})

        assert (used_up.status_code, used_up.json()["code"]) == (410, "invite_ended")
        assert unknown.status_code == 404
        assert (banned.status_code, banned.json()["code"]) == (403, "banned")
        assert garbled.status_code == 401


class TestInvites:
    async def test_end_by_use_exactly(self, place: Place, person: MakePerson) -> None:
        invite = await place.owner.do("POST", f"/spaces/{place.id}/invites", {"max_uses": 3})
        people = [person(f"P{n}") for n in range(8)]

        answers = await asyncio.gather(*(one.ask("POST", f"/invites/{invite['code']}/accept") for one in people))

        assert sorted(one.status_code for one in answers) == [200] * 3 + [410] * 5

    async def test_end_by_hand(self, place: Place, eve: Person) -> None:
        invite = await place.owner.do("POST", f"/spaces/{place.id}/invites")

        await place.owner.do("DELETE", f"/invites/{invite['code']}")

        assert await refused(eve, "POST", f"/invites/{invite['code']}/accept") == (410, "invite_ended")
        assert invite["code"] not in [one["code"] for one in await place.owner.do("GET", f"/spaces/{place.id}/invites")]

    async def test_end_by_time(self, place: Place, eve: Person, engine: AsyncEngine) -> None:
        invite = await place.owner.do("POST", f"/spaces/{place.id}/invites", {"expires_in": 60})
        async with engine.begin() as connection:
            await connection.exec_driver_sql("update invites set expires_at = now() where code = $1", (invite["code"],))

        assert await refused(eve, "POST", f"/invites/{invite['code']}/accept") == (410, "invite_ended")

    async def test_keep_their_use_when_a_member_comes_again(self, place: Place, ben: Person) -> None:
        invite = await place.owner.do("POST", f"/spaces/{place.id}/invites", {"max_uses": 1})

        await ben.do("POST", f"/invites/{invite['code']}/accept")

        [shown] = [
            one for one in await place.owner.do("GET", f"/spaces/{place.id}/invites") if one["code"] == invite["code"]
        ]
        assert shown["uses"] == 0

    async def test_unknown_ones_are_nothing(self, eve: Person) -> None:
        assert await refused(eve, "POST", "/invites/guess/accept") == (404, "not_found")


class TestMembers:
    async def test_are_listed_page_by_page(self, place: Place, ann: Person, ben: Person) -> None:
        first = await ben.do("GET", f"/spaces/{place.id}/members", limit=1)
        rest = await ben.do("GET", f"/spaces/{place.id}/members", limit=1, after=first["next_cursor"])

        assert {first["items"][0]["user"]["id"], rest["items"][0]["user"]["id"]} == {str(ann.id), str(ben.id)}
        assert "next_cursor" not in rest

    async def test_are_told_apart_by_role(self, place: Place, ann: Person, ben: Person, engine: AsyncEngine) -> None:
        await place.promote(ben, "moderator")

        assert (await ben.do("GET", f"/spaces/{place.id}"))["role"] == "moderator"
        *_, (_, event, data) = await logged(engine, f"space:{place.id}")
        assert (event, data["role"]) == ("member_updated", "moderator")

    async def test_act_only_on_those_below_them(self, place: Place, ann: Person, ben: Person, eve: Person) -> None:
        await place.invite(eve)
        await place.promote(ben, "admin")
        member = f"/spaces/{place.id}/members"

        assert (await refused(ben, "PATCH", f"{member}/{ann.id}", {"role": "member"}))[0] == 403
        assert (await refused(ben, "PATCH", f"{member}/{eve.id}", {"role": "admin"}))[0] == 403
        assert (await refused(ben, "DELETE", f"{member}/{ann.id}"))[0] == 403
        assert (await refused(eve, "DELETE", f"{member}/{ben.id}"))[0] == 403
        await ben.do("DELETE", f"{member}/{eve.id}")
        assert (await refused(eve, "GET", f"/spaces/{place.id}"))[0] == 404

    async def test_leave(self, place: Place, ann: Person, ben: Person, engine: AsyncEngine) -> None:
        await ben.do("DELETE", f"/spaces/{place.id}/members/{ben.id}")

        assert (await refused(ben, "GET", f"/channels/{place.channel_id}/messages"))[0] == 404
        assert (await logged(engine, f"space:{place.id}"))[-1][1] == "member_left"
        assert await refused(ann, "DELETE", f"/spaces/{place.id}/members/{ann.id}") == (409, "owner_stays")

    async def test_stay_out_when_banned(self, place: Place, ann: Person, ben: Person) -> None:
        ban = f"/spaces/{place.id}/bans/{ben.id}"
        invite = await ann.do("POST", f"/spaces/{place.id}/invites")

        await ann.do("PUT", ban, {"reason": "spam"})

        assert (await refused(ben, "GET", f"/spaces/{place.id}"))[0] == 404
        assert await refused(ben, "POST", f"/invites/{invite['code']}/accept") == (403, "banned")
        assert [one["reason"] for one in (await ann.do("GET", f"/spaces/{place.id}/bans"))["items"]] == ["spam"]
        await ann.do("DELETE", ban)
        await ben.do("POST", f"/invites/{invite['code']}/accept")

    async def test_are_welcomed_where_the_space_says(self, place: Place, ann: Person, eve: Person) -> None:
        await ann.do("PATCH", f"/spaces/{place.id}", {"welcome_channel_id": place.channel_id})

        await place.invite(eve)

        [welcome] = (await ann.read(place.channel_id))["items"]
        assert (welcome["kind"], welcome["author"]["display_name"]) == ("member_joined", "Eve")


class TestTransfer:
    async def test_makes_another_member_the_owner(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.do("POST", f"/spaces/{place.id}/transfer", {"user_id": str(ben.id)})

        assert (await ben.do("GET", f"/spaces/{place.id}"))["role"] == "owner"
        assert (await ann.do("GET", f"/spaces/{place.id}"))["role"] == "admin"
        assert (await refused(ann, "DELETE", f"/spaces/{place.id}"))[0] == 403

    async def test_goes_to_members_only(self, place: Place, ann: Person, eve: Person) -> None:
        for user_id in (eve.id, ann.id):
            body = {"user_id": str(user_id)}
            assert (await refused(ann, "POST", f"/spaces/{place.id}/transfer", body))[0] == 400


class TestChangeSpace:
    async def test_archived_it_can_be_read_only(self, place: Place, ann: Person) -> None:
        await ann.say(place.channel_id, "x")

        await ann.do("PATCH", f"/spaces/{place.id}", {"archived": True})

        path = f"/channels/{place.channel_id}/messages"
        assert await refused(ann, "POST", path, {"content": "y"}) == (409, "space_archived")
        assert await ann.contents(place.channel_id) == ["x"]

    async def test_deleted_it_is_gone(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.do("DELETE", f"/spaces/{place.id}")

        assert (await refused(ben, "GET", f"/spaces/{place.id}"))[0] == 404
        assert (await refused(ben, "GET", f"/channels/{place.channel_id}"))[0] == 404


class TestAudit:
    async def test_tells_who_did_what_with_before_and_after(self, place: Place, ann: Person, ben: Person) -> None:
        await ann.do("PATCH", f"/spaces/{place.id}", {"name": "Hall"})
        await place.promote(ben, "moderator")

        page: Json = await ann.do("GET", f"/spaces/{place.id}/audit", limit=2)

        assert [one["action"] for one in page["items"]] == ["member.role_changed", "space.changed"]
        assert page["items"][1]["before"]["name"] == "Home"
        assert page["items"][1]["after"]["name"] == "Hall"
        older = await ann.do("GET", f"/spaces/{place.id}/audit", before=page["next_cursor"])
        assert [one["action"] for one in older["items"]] == ["invite.created"]
        assert (await refused(ben, "GET", f"/spaces/{place.id}/audit"))[0] == 403

    async def test_has_every_administrative_action(self, place: Place, ann: Person, ben: Person, eve: Person) -> None:
        space, channel = f"/spaces/{place.id}", f"/channels/{await place.make_channel()}"
        said = await ann.say(channel.removeprefix("/channels/"), "x")
        invite = await ann.do("POST", f"{space}/invites")
        await eve.do("POST", f"/invites/{invite['code']}/accept")
        for method, path, body in (
            ("DELETE", f"/invites/{invite['code']}", None),
            ("PATCH", f"{space}/members/{ben.id}", {"role": "moderator"}),
            ("PUT", f"{channel}/overrides/role:member", {"deny": ["post"]}),
            ("DELETE", f"{channel}/overrides/role:member", None),
            ("PUT", f"{channel}/pins/{said['id']}", None),
            ("DELETE", f"{channel}/pins/{said['id']}", None),
            ("PATCH", channel, {"archived": True}),
            ("DELETE", channel, None),
            ("DELETE", f"{space}/members/{eve.id}", None),
            ("PUT", f"{space}/bans/{eve.id}", {"reason": "spam"}),
            ("DELETE", f"{space}/bans/{eve.id}", None),
            ("PATCH", space, {"name": "Hall"}),
            ("GET", f"{space}/export", None),
            ("POST", f"{space}/transfer", {"user_id": str(ben.id)}),
        ):
            assert (await ann.ask(method, path, body)).status_code < 300, path

        entries = (await ann.do("GET", f"{space}/audit"))["items"][::-1]
        assert [(one["action"], bool(one["before"]), bool(one["after"])) for one in entries] == [
            ("invite.created", False, True),
            ("channel.created", False, True),
            ("invite.created", False, True),
            ("invite.revoked", True, True),
            ("member.role_changed", True, True),
            ("channel.override_changed", False, True),
            ("channel.override_changed", True, False),
            ("message.pinned", True, True),
            ("message.unpinned", True, True),
            ("channel.changed", True, True),
            ("channel.deleted", True, False),
            ("member.removed", True, False),
            ("member.banned", False, True),
            ("member.unbanned", True, False),
            ("space.changed", True, True),
            ("space.exported", False, False),
            ("space.transferred", True, True),
        ]
