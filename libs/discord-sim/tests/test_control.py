"""The control API does over HTTP what people, moderators and bad luck do."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from discord_sim.entities import ChannelKind, Permission
from discord_sim.stage import Stage
from discord_sim.voice.stage import together, until

Control = Callable[..., Awaitable[Any]]


class TestPeople:
    async def test_come_into_a_world_made_from_nothing(self, scene: Stage, control: Control) -> None:
        ada = (await control("POST", "users", name="ada")).body
        guild = (await control("POST", "guilds", name="Home", owner_id=ada["id"])).body
        channel = (await control("POST", "channels", guild_id=guild["id"], name="chat")).body
        bot = (await control("POST", "bots", name="helper")).body
        await control("POST", "members", guild_id=guild["id"], user_id=bot["id"])

        await control("POST", "say", user_id=ada["id"], channel_id=channel["id"], content="hello")
        read = await control("GET", "messages", user_id=ada["id"], channel_id=channel["id"])

        assert [message["content"] for message in read.body] == ["hello"]
        assert int(bot["id"]) in scene.sim.world.guild(int(guild["id"])).members

    async def test_type_a_command_and_see_what_becomes_of_it(
        self, scene: Stage, control: Control, rest: Control
    ) -> None:
        ada = scene.person("ada").user
        await rest("PUT", f"/applications/{scene.bot.id}/commands", [{"name": "status", "description": "Status"}])

        typed = (await control("POST", "type", user_id=ada.id, channel_id=scene.text.id, command="/status")).body
        path = f"/interactions/{typed['id']}/{typed['token']}/callback"
        await rest("POST", path, {"type": 4, "data": {"content": "Fine"}})
        seen = (await control("GET", "interactions", interaction_id=typed["id"], wait=1)).body
        calls = (await control("GET", "calls", after=1)).body

        assert typed["response"] is None
        assert (seen["response"]["content"], seen["failed"]) == ("Fine", False)
        assert [(call["path"], call["status"]) for call in calls] == [(path, 204)]

    async def test_can_not_do_what_does_not_exist(self, scene: Stage, control: Control) -> None:
        ada = scene.person("ada").user

        unknown = await control("POST", "type", user_id=ada.id, channel_id=scene.text.id, command="/nothing")
        misspelt = await control("POST", "say", user_id=ada.id, channel=scene.text.id, content="x")
        nobody = await control("POST", "say", user_id=1, channel_id=scene.text.id, content="x")

        assert (unknown.status, misspelt.status, nobody.status) == (400, 400, 404)
        assert all(reply.body["problem"] for reply in (unknown, misspelt, nobody))


class TestMachinery:
    async def test_moves_people_about_in_voice(self, scene: Stage, control: Control) -> None:
        place = {"guild_id": scene.guild.id, "user_id": scene.person("ada").user.id}
        states = scene.sim.world.voice_states

        await control("POST", "voice/join", channel_id=scene.voice.id, **place)
        await control("POST", "voice/silence", mute=True, **place)
        muted = states[(place["guild_id"], place["user_id"])].mute
        await control("POST", "voice/leave", **place)

        assert muted
        assert states == {}

    async def test_changes_channels_and_members(self, scene: Stage, control: Control) -> None:
        ada = scene.person("ada").user
        overwrite = {"id": str(scene.guild.id), "type": 0, "deny": int(Permission.CONNECT)}

        await control("POST", "channels/change", channel_id=scene.voice.id, name="hall", user_limit=2)
        changed = await control("POST", "channels/change", channel_id=scene.voice.id, overwrites=[overwrite])
        stage = await control("POST", "channels", guild_id=scene.guild.id, name="stage", stage=True)
        renamed = await control("POST", "members/rename", guild_id=scene.guild.id, user_id=ada.id, nick="Countess")

        assert (changed.body["name"], changed.body["user_limit"]) == ("hall", 2)
        assert not scene.sim.world.may_join(ada.id, channel=scene.voice)
        assert stage.body["type"] == ChannelKind.STAGE
        assert renamed.body["nick"] == "Countess"

    async def test_gives_up_encryption_and_takes_it_up_again(self, scene: Stage, control: Control) -> None:
        where = {"channel_id": scene.voice.id}
        ada, ben = (scene.person(name).user for name in ("ada", "ben"))
        await control("POST", "voice/next-ssrcs", ssrcs=[77])
        for user in (ada, ben):
            await control("POST", "voice/join", guild_id=scene.guild.id, user_id=user.id, **where)
        speakers = [scene.sim.speaker(scene.guild.id, user_id=user.id) for user in (ada, ben)]
        await together(*speakers)

        await control("POST", "voice/downgrade", **where)
        await until(lambda: not any(one.membership and one.membership.sealing.is_set() for one in speakers))
        await control("POST", "voice/upgrade", **where)

        await together(*speakers)
        assert speakers[0].session
        assert speakers[0].session.ssrc == 77

    async def test_sets_and_clears_faults(self, scene: Stage, control: Control, rest: Control) -> None:
        await control("POST", "faults/rest", fault={"match": "GET /users/*", "status": 500, "times": None})
        await control("POST", "faults/gateway", faults={"refuse_connections": True})
        await control("POST", "faults/voice", faults={"loss": 0.5})
        strange = await control("POST", "faults/voice", faults={"luck": 0.5})

        broken = [(await rest("GET", "/users/@me")).status for _ in range(2)]
        refused = scene.sim.faults.gateway.refuse_connections
        await control("DELETE", "faults")
        mended = (await rest("GET", "/users/@me")).status

        assert (broken, mended) == ([500, 500], 200)
        assert (refused, scene.sim.faults.gateway.refuse_connections) == (True, False)
        assert scene.sim.voice.faults.loss == 0.5
        await control("POST", "faults/voice", faults={"strict": 0})
        assert scene.sim.voice.faults.strict is False
        assert strange.status == 400

    async def test_shows_a_page(self, scene: Stage, http: aiohttp.ClientSession) -> None:
        async with http.get(scene.sim.url) as reply:
            page = await reply.text()

        assert reply.content_type == "text/html"
        assert "Discord, simulated" in page


class TestProgram:
    async def test_plays_a_scene_until_it_is_stopped(self, tmp_path: Path, http: aiohttp.ClientSession) -> None:
        scene = tmp_path / "scene.json"
        speech = {"who": "Ada", "channel": "Lounge", "seconds": 0.1}
        bots = [{"name": "rec", "id": "77", "token": "Nzc.a.b"}]
        people = ["Ada", "Bela"]
        scene.write_text(
            json.dumps({"guild": {"name": "G", "owner": "Ada"}, "people": people, "bots": bots, "speeches": [speech]})
        )
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "discord_sim", "--port", "0", "--scene", str(scene)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout

        lines = [(await program.stdout.readline()).decode().strip() for _ in range(4)]
        url = lines[-1].removeprefix("ready ")
        async with http.get(f"{url}/api/v10/users/@me", headers={"Authorization": "Bot Nzc.a.b"}) as reply:
            me = await reply.json()
        program.send_signal(signal.SIGTERM)

        assert me["id"] == "77"
        assert await asyncio.wait_for(program.wait(), 60) == 0

    @pytest.mark.parametrize("content", ["{}", "nonsense", '{"guild": {"name": "G", "owner": "x"}, "people": []}'])
    async def test_refuses_a_scene_that_does_not_add_up(self, tmp_path: Path, content: str) -> None:
        scene = tmp_path / "scene.json"
        scene.write_text(content)

        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "discord_sim", "--port", "0", "--scene", str(scene)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, problem = await program.communicate()

        assert program.returncode == 2
        assert b"scene" in problem
        assert b"Traceback" not in problem
