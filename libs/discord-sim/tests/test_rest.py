"""The HTTP API: what it stores, what it refuses, and in which words."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from discord_sim.entities import Overwrite, Permission
from discord_sim.faults import RestFault
from discord_sim.stage import Stage

Rest = Callable[..., Awaitable[Any]]


def button(custom_id: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": custom_id} | more]}


class TestAuthorization:
    @pytest.mark.parametrize("token", ["Bot nonsense", "Bearer nonsense", "nonsense"])
    async def test_is_needed(self, rest: Rest, token: str) -> None:
        reply = await rest("GET", "/users/@me", token=token)

        assert (reply.status, reply.body) == (401, {"message": "401: Unauthorized", "code": 0})

    async def test_tells_the_bot_who_it_is(self, scene: Stage, rest: Rest) -> None:
        me = await rest("GET", "/users/@me")
        application = await rest("GET", "/applications/@me")

        assert (me.body["id"], me.body["bot"]) == (str(scene.bot.id), True)
        assert application.body["verify_key"] == scene.bot.public_key

    async def test_is_not_asked_where_nothing_is(self, rest: Rest) -> None:
        reply = await rest("GET", "/nowhere")

        assert (reply.status, reply.body["code"]) == (404, 0)


class TestMessages:
    async def test_are_written_read_edited_and_deleted(self, scene: Stage, rest: Rest) -> None:
        path = f"/channels/{scene.text.id}/messages"
        embed = {"title": "Recording", "fields": [{"name": "Length", "value": "1:00"}]}

        made = await rest("POST", path, {"content": "Hi", "embeds": [embed], "components": [button()]})
        await rest("PATCH", f"{path}/{made.body['id']}", {"content": "Ho"})
        read = await rest("GET", f"{path}/{made.body['id']}")
        await rest("DELETE", f"{path}/{made.body['id']}")
        gone = await rest("GET", f"{path}/{made.body['id']}")

        assert (read.body["content"], read.body["embeds"][0]["title"]) == ("Ho", "Recording")
        (row,) = read.body["components"]
        assert (row["id"], row["components"]) == (1, [button()["components"][0] | {"id": 2}])
        assert (made.body["edited_timestamp"], bool(read.body["edited_timestamp"])) == (None, True)
        assert (gone.status, gone.body["code"]) == (404, 10008)

    async def test_are_listed_newest_first_around_an_id(self, scene: Stage, rest: Rest) -> None:
        ada = scene.person("ada")
        ids = [ada.says(scene.text, str(number)).id for number in range(6)]

        async def listed(**query: Any) -> list[str]:
            reply = await rest("GET", f"/channels/{scene.text.id}/messages", params=query)
            return [each["content"] for each in reply.body]

        assert await listed(limit=2) == ["5", "4"]
        assert await listed(before=str(ids[3]), limit=2) == ["2", "1"]
        assert await listed(after=str(ids[3])) == ["5", "4"]
        assert await listed(around=str(ids[3]), limit=3) == ["4", "3", "2"]

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"content": "x" * 2001}, "content"),
            ({"content": 3}, "content"),
            ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
            ({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, "embeds.0.fields.0.value"),
            ({"components": [{"type": 2, "style": 1, "label": "bare", "custom_id": "x"}]}, "components.0.type"),
            ({"components": [button(custom_id="x" * 101)]}, "components.0.components.0.custom_id"),
            ({"components": [button(label=None)]}, "components.0.components.0.label"),
            ({"components": [button(), button()]}, "components"),
            ({"components": [button(str(n)) for n in range(6)]}, "components"),
            ({"embeds": "no"}, "embeds"),
        ],
    )
    async def test_are_refused_with_a_pointer_to_the_fault(
        self, scene: Stage, rest: Rest, body: dict[str, Any], path: str
    ) -> None:
        reply = await rest("POST", f"/channels/{scene.text.id}/messages", {"content": "x"} | body)

        assert (reply.status, reply.body["code"], reply.body["message"]) == (400, 50035, "Invalid Form Body")
        node = reply.body["errors"]
        for step in path.split("."):
            node = node[step]
        assert node["_errors"][0]["code"]
        assert scene.person("ada").reads(scene.text) == []

    async def test_are_not_empty(self, scene: Stage, rest: Rest) -> None:
        reply = await rest("POST", f"/channels/{scene.text.id}/messages", {})

        assert (reply.status, reply.body["code"]) == (400, 50006)

    async def test_of_others_can_not_be_edited(self, scene: Stage, rest: Rest) -> None:
        message = scene.person("ada").says(scene.text, "mine")

        reply = await rest("PATCH", f"/channels/{scene.text.id}/messages/{message.id}", {"content": "yours"})

        assert (reply.status, reply.body["code"]) == (403, 50005)

    async def test_are_written_once_for_an_enforced_nonce(self, scene: Stage, rest: Rest) -> None:
        body = {"content": "once", "nonce": "n1", "enforce_nonce": True}

        first, second = [await rest("POST", f"/channels/{scene.text.id}/messages", body) for _ in range(2)]

        assert first.body["id"] == second.body["id"]

    async def test_carry_files(self, scene: Stage, http: aiohttp.ClientSession) -> None:
        form = aiohttp.FormData()
        form.add_field("payload_json", '{"content": "see", "attachments": [{"id": 0, "description": "text"}]}')
        form.add_field("files[0]", b"hello", filename="a.txt", content_type="text/plain")
        url = f"{scene.sim.rest_url}/channels/{scene.text.id}/messages"

        async with http.post(url, data=form, headers={"Authorization": f"Bot {scene.bot.token}"}) as reply:
            (attachment,) = (await reply.json())["attachments"]
        async with http.get(attachment["url"]) as file:
            content = await file.read()

        assert (attachment["filename"], attachment["size"], attachment["description"]) == ("a.txt", 5, "text")
        assert content == b"hello"

    async def test_need_permission(self, scene: Stage, rest: Rest) -> None:
        role = scene.guild.members[scene.bot.id].roles[0]
        scene.guild.roles[role].permissions = 0
        scene.text.overwrites = (Overwrite(id=scene.guild.id, type=0, deny=Permission.SEND_MESSAGES),)
        mute = await rest("POST", f"/channels/{scene.text.id}/messages", {"content": "x"})
        scene.text.overwrites = (Overwrite(id=scene.guild.id, type=0, deny=Permission.VIEW_CHANNEL),)
        blind = await rest("GET", f"/channels/{scene.text.id}")

        assert (mute.status, mute.body["code"]) == (403, 50013)
        assert (blind.status, blind.body["code"]) == (403, 50001)


class TestMembers:
    async def test_the_bot_renames_itself(self, scene: Stage, rest: Rest) -> None:
        reply = await rest("PATCH", f"/guilds/{scene.guild.id}/members/@me", {"nick": "[REC] bot"})
        too_long = await rest("PATCH", f"/guilds/{scene.guild.id}/members/@me", {"nick": "x" * 33})

        assert reply.body["nick"] == scene.guild.members[scene.bot.id].nick == "[REC] bot"
        assert too_long.status == 400

    async def test_the_bot_moves_and_disconnects_people_in_voice(self, scene: Stage, rest: Rest) -> None:
        ada = scene.person("ada").user
        path = f"/guilds/{scene.guild.id}/members/{ada.id}"
        other = scene.sim.world.add_channel(scene.guild.id, name="Attic", kind=scene.voice.kind)
        absent = await rest("PATCH", path, {"channel_id": str(other.id)})
        scene.sim.world.join_voice(scene.guild.id, user_id=ada.id, channel_id=scene.voice.id)

        await rest("PATCH", path, {"channel_id": str(other.id)})
        moved = scene.sim.world.voice_states[(scene.guild.id, ada.id)].channel_id
        await rest("PATCH", path, {"channel_id": None})

        assert (absent.status, absent.body["code"]) == (400, 40032)
        assert moved == other.id
        assert (scene.guild.id, ada.id) not in scene.sim.world.voice_states


class TestRateLimits:
    async def test_say_how_much_is_left_and_when_to_come_back(self, scene: Stage, rest: Rest, clock: Any) -> None:
        path = f"/channels/{scene.text.id}/messages"
        replies = [await rest("POST", path, {"content": str(n)}) for n in range(6)]
        clock.now += 5.1
        after = await rest("POST", path, {"content": "again"})

        assert [reply.headers["X-RateLimit-Remaining"] for reply in replies[:5]] == ["4", "3", "2", "1", "0"]
        assert replies[5].status == 429
        assert replies[5].body == {"message": "You are being rate limited.", "retry_after": 5.0, "global": False}
        assert (replies[5].headers["Retry-After"], replies[5].headers["X-RateLimit-Scope"]) == ("5", "user")
        assert replies[0].headers["X-RateLimit-Bucket"] == after.headers["X-RateLimit-Bucket"]
        assert after.status == 200

    async def test_hold_over_everything_too(self, rest: Rest) -> None:
        replies = [await rest("GET", "/users/@me") for _ in range(25)]
        replies += [await rest("GET", "/gateway/bot") for _ in range(26)]

        assert {reply.status for reply in replies[:50]} == {200}
        assert (replies[50].status, replies[50].body["global"]) == (429, True)
        assert replies[50].headers["X-RateLimit-Global"] == "true"


class TestFaults:
    async def test_a_failure_before_and_one_after_the_work(self, scene: Stage, rest: Rest) -> None:
        path = f"/channels/{scene.text.id}/messages"
        scene.sim.faults.rest = [
            RestFault(match="POST /channels/*", status=503),
            RestFault(match="POST /channels/*", status=502, after=True),
        ]

        statuses = [(await rest("POST", path, {"content": str(n)})).status for n in range(3)]

        assert statuses == [503, 502, 200]
        assert [message.content for message in scene.person("ada").reads(scene.text)] == ["1", "2"]

    async def test_a_limit_out_of_nowhere(self, scene: Stage, rest: Rest) -> None:
        scene.sim.faults.rest = [RestFault(status=429, retry_after=0.25, everywhere=True)]

        reply = await rest("GET", "/users/@me")

        assert (reply.status, reply.body["retry_after"], reply.body["global"]) == (429, 0.25, True)
        assert [(made.method, made.path, made.status) for made in scene.sim.calls] == [("GET", "/users/@me", 429)]
