"""The gateway, spoken to by hand: hello, identify, resume, and every way to be shown the door."""

import json
import zlib
from typing import Any

import aiohttp
import pytest

from discord_sim.entities import ALL_INTENTS, Permission
from discord_sim.gateway.codes import Intent
from discord_sim.gateway.server import GatewaySettings
from discord_sim.stage import Stage, stage


class Client:
    """As little of a client as there can be."""

    def __init__(self, scene: Stage, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.scene = scene
        self.socket = socket
        self.seq = 0

    async def hear(self, name: str | None = None, *, op: int = 0) -> Any:
        """The next frame with this opcode and name, past all others."""
        while True:
            frame = json.loads((await self.socket.receive(timeout=5)).data)
            self.seq = frame["s"] or self.seq
            if frame["op"] == op and name in {None, frame["t"]}:
                return frame["d"]

    async def say(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, **changes: Any) -> Any:
        await self.say(2, {"token": self.scene.bot.token, "intents": ALL_INTENTS, "properties": {}} | changes)
        return await self.hear("READY")

    async def closed(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


class Door:
    def __init__(self, scene: Stage, http: aiohttp.ClientSession) -> None:
        self.scene = scene
        self.http = http

    async def enter(self, query: str = "?v=10&encoding=json") -> Client:
        return Client(self.scene, await self.http.ws_connect(self.scene.sim.ws_url + query))


@pytest.fixture
def door(scene: Stage, http: aiohttp.ClientSession) -> Door:
    return Door(scene, http)


class TestIdentify:
    async def test_is_answered_with_the_world(self, scene: Stage, door: Door) -> None:
        client = await door.enter()

        hello = await client.hear(op=10)
        ready = await client.identify()
        guild = await client.hear("GUILD_CREATE")

        assert hello["heartbeat_interval"] == 41250
        assert ready["user"]["id"] == str(scene.bot.id)
        assert ready["guilds"] == [{"id": str(scene.guild.id), "unavailable": True}]
        assert {channel["name"] for channel in guild["channels"]} == {"general", "Lounge"}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"token": "wrong"}, 4004),
            ({"intents": None}, 4013),
            ({"intents": 1 << 40}, 4013),
            ({"shard": [2, 2]}, 4010),
        ],
    )
    async def test_is_refused(self, scene: Stage, door: Door, change: dict[str, Any], code: int) -> None:
        client = await door.enter()

        await client.say(2, {"token": scene.bot.token, "intents": 1, "properties": {}} | change)

        assert await client.closed() == code

    async def test_is_refused_with_intents_that_the_portal_does_not_allow(self, scene: Stage, door: Door) -> None:
        scene.bot.intents = Intent.GUILDS
        client = await door.enter()

        await client.say(2, {"token": scene.bot.token, "intents": 3, "properties": {}})

        assert await client.closed() == 4014

    async def test_is_done_once(self, door: Door) -> None:
        client = await door.enter()
        await client.identify()

        await client.say(2, {})

        assert await client.closed() == 4005

    @pytest.mark.parametrize(
        ("frame", "code"), [("nonsense", 4002), ('{"op": 3}', 4003), ('{"op": 2, "d": 1}', 4002), ("x" * 5000, 4002)]
    )
    async def test_comes_first_and_is_readable(self, door: Door, frame: str, code: int) -> None:
        client = await door.enter()

        await client.socket.send_str(frame)

        assert await client.closed() == code

    @pytest.mark.parametrize("data", [{}, {"guild_id": "x"}, [], None])
    async def test_is_followed_by_what_makes_sense(self, door: Door, data: Any) -> None:
        client = await door.enter()
        await client.identify()

        await client.say(8, data)

        assert await client.closed() == 4002

    async def test_needs_a_version_that_is_spoken(self, door: Door) -> None:
        assert await (await door.enter("?v=6")).closed() == 4012


class TestCompression:
    async def test_is_one_zlib_stream(self, door: Door) -> None:
        client = await door.enter("?v=10&encoding=json&compress=zlib-stream")
        inflate = zlib.decompressobj()

        frames = [await client.socket.receive(timeout=5)]
        await client.say(1)
        frames.append(await client.socket.receive(timeout=5))

        assert all(frame.data.endswith(b"\x00\x00\xff\xff") for frame in frames)
        assert [json.loads(inflate.decompress(frame.data))["op"] for frame in frames] == [10, 11]


class TestHeartbeat:
    async def test_keeps_the_connection_and_its_absence_ends_it(self, http: aiohttp.ClientSession) -> None:
        async with stage(gateway=GatewaySettings(heartbeat_ms=100)) as scene:
            client = await Door(scene, http).enter()
            ready = await client.identify()
            await client.say(1, client.seq)
            await client.hear(op=11)

            assert await client.closed() == 4009
            assert ready["session_id"] not in scene.sim.gateway.sessions

    async def test_can_be_left_unanswered(self, scene: Stage, door: Door) -> None:
        scene.sim.faults.gateway.ignore_heartbeats = True
        client = await door.enter()
        await client.identify()
        await client.say(1)
        await client.say(8, {"guild_id": str(scene.guild.id), "query": "", "limit": 0})

        frame = await client.socket.receive_json(timeout=5)
        while frame["t"] != "GUILD_MEMBERS_CHUNK":
            assert frame["op"] != 11
            frame = await client.socket.receive_json(timeout=5)


class TestResume:
    async def test_brings_everything_missed_in_order(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        session = (await client.identify())["session_id"]
        await client.hear("GUILD_CREATE")
        scene.sim.gateway.drop(scene.bot.id)
        await client.closed()
        await scene.sim.until(lambda: not scene.sim.gateway.is_ready(scene.bot.id))
        ada = scene.person("ada")
        for number in range(3):
            ada.says(scene.text, str(number))

        again = await door.enter()
        await again.say(6, {"token": scene.bot.token, "session_id": session, "seq": client.seq})

        assert [(await again.hear("MESSAGE_CREATE"))["content"] for _ in range(3)] == ["0", "1", "2"]
        await again.hear("RESUMED")

    async def test_of_a_forgotten_session_is_invalid(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        session = (await client.identify())["session_id"]
        scene.sim.gateway.drop(scene.bot.id)
        scene.sim.gateway.forget(scene.bot.id)

        again = await door.enter()
        await again.say(6, {"token": scene.bot.token, "session_id": session, "seq": client.seq})

        assert await again.hear(op=9) is False
        assert (await again.identify())["session_id"] != session

    async def test_from_the_future_is_refused(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        session = (await client.identify())["session_id"]
        scene.sim.gateway.drop(scene.bot.id)

        again = await door.enter()
        await again.say(6, {"token": scene.bot.token, "session_id": session, "seq": 999})

        assert await again.closed() == 4007

    async def test_is_not_possible_after_a_goodbye(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        session = (await client.identify())["session_id"]

        await client.socket.close(code=1000)

        await scene.sim.until(lambda: session not in scene.sim.gateway.sessions)


class TestFaults:
    async def test_close_codes_reconnect_and_invalid_session(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify()

        scene.sim.gateway.reconnect(scene.bot.id)
        await client.hear(op=7)
        scene.sim.gateway.invalidate(scene.bot.id, resumable=True)
        assert await client.hear(op=9) is True
        scene.sim.gateway.drop(scene.bot.id, code=4000)

        assert await client.closed() == 4000

    async def test_dispatches_that_never_come(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify()
        scene.sim.faults.gateway.swallow = ("MESSAGE_CREATE",)
        ada = scene.person("ada")

        message = ada.says(scene.text, "lost")
        scene.sim.world.edit(message)

        await client.hear("GUILD_MEMBER_ADD")
        assert (await client.hear())["content"] == "lost"


class TestDispatches:
    async def test_are_those_that_were_asked_for(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify(intents=Intent.GUILDS | Intent.GUILD_MESSAGES)
        await client.hear("GUILD_CREATE")
        ada = scene.person("ada")

        ada.says(scene.text, "hidden")
        ada.says(scene.text, f"for <@{scene.bot.id}>")

        assert [(await client.hear())["content"] for _ in range(2)] == ["", f"for <@{scene.bot.id}>"]

    async def test_tell_what_others_are_doing(self, scene: Stage, door: Door) -> None:
        client, other = await door.enter(), await door.enter()
        await client.identify()
        await other.identify()

        await other.say(3, {"status": "idle", "activities": [{"name": "Recording", "type": 0}], "afk": False})
        presence = await client.hear("PRESENCE_UPDATE")

        assert (presence["status"], presence["activities"][0]["name"]) == ("idle", "Recording")

    async def test_come_late_but_in_order(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify()
        await client.hear("GUILD_CREATE")
        scene.sim.faults.gateway.dispatch_delay = 0.02
        ada = scene.person("ada")

        said = [ada.says(scene.text, str(number)).content for number in range(5)]

        assert [(await client.hear("MESSAGE_CREATE"))["content"] for _ in range(5)] == said

    async def test_reach_the_shard_of_the_guild(self, scene: Stage, door: Door) -> None:
        home = (scene.guild.id >> 22) % 2
        shards = [await door.enter(), await door.enter()]
        ready = [await client.identify(shard=[number, 2]) for number, client in enumerate(shards)]

        assert [len(each["guilds"]) for each in ready] == [int(home == 0), int(home == 1)]

    async def test_tell_members_in_chunks(self, scene: Stage, door: Door) -> None:
        people = [scene.person(name).user for name in ("ada", "adam", "bela")]
        client = await door.enter()
        await client.identify()

        await client.say(8, {"guild_id": str(scene.guild.id), "query": "ad", "limit": 0, "nonce": "n"})
        named = await client.hear("GUILD_MEMBERS_CHUNK")
        await client.say(8, {"guild_id": str(scene.guild.id), "user_ids": [str(people[2].id), "5"]})
        asked = await client.hear("GUILD_MEMBERS_CHUNK")

        assert [each["user"]["username"] for each in named["members"]] == ["ada", "adam"]
        assert (named["nonce"], named["chunk_count"]) == ("n", 1)
        assert ([each["user"]["username"] for each in asked["members"]], asked["not_found"]) == (["bela"], ["5"])


class TestVoice:
    async def test_a_bot_joins_is_moved_and_is_thrown_out(self, scene: Stage, door: Door) -> None:
        world, guild_id, me = scene.sim.world, scene.guild.id, scene.bot.id
        attic = world.add_channel(guild_id, name="Attic", kind=scene.voice.kind)
        client = await door.enter()
        session = (await client.identify())["session_id"]

        await client.say(4, {"guild_id": str(guild_id), "channel_id": str(scene.voice.id), "self_deaf": False})
        state, server = await client.hear("VOICE_STATE_UPDATE"), await client.hear("VOICE_SERVER_UPDATE")
        world.move_voice(guild_id, user_id=me, channel_id=attic.id)
        moved, other = await client.hear("VOICE_STATE_UPDATE"), await client.hear("VOICE_SERVER_UPDATE")
        world.leave_voice(guild_id, user_id=me)
        out = await client.hear("VOICE_STATE_UPDATE")

        assert (state["channel_id"], state["session_id"]) == (str(scene.voice.id), session)
        assert server["endpoint"]
        assert (moved["channel_id"], other["token"] != server["token"]) == (str(attic.id), True)
        assert out["channel_id"] is None

    async def test_hears_of_a_new_server_after_an_empty_endpoint(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify()
        await client.say(4, {"guild_id": str(scene.guild.id), "channel_id": str(scene.voice.id)})
        first = await client.hear("VOICE_SERVER_UPDATE")

        allocate = scene.sim.voice.move_server(scene.guild.id)
        nothing = await client.hear("VOICE_SERVER_UPDATE")
        allocate()
        second = await client.hear("VOICE_SERVER_UPDATE")

        assert nothing["endpoint"] is None
        assert second["endpoint"] not in {None, first["endpoint"]}

    async def test_a_full_channel_is_not_answered_unless_the_bot_may_move_members(
        self, scene: Stage, door: Door
    ) -> None:
        world, guild_id = scene.sim.world, scene.guild.id
        scene.voice.user_limit = 1
        world.join_voice(guild_id, user_id=scene.person("ada").user.id, channel_id=scene.voice.id)
        client = await door.enter()
        await client.identify()
        [role_id] = scene.guild.members[scene.bot.id].roles
        role, everyone = scene.guild.roles[role_id], scene.guild.roles[guild_id]
        before, role.permissions = role.permissions, 0
        asked = {"guild_id": str(guild_id), "channel_id": str(scene.voice.id)}

        await client.say(4, asked)
        await client.say(8, {"guild_id": str(guild_id), "query": "", "limit": 1})
        await client.hear("GUILD_MEMBERS_CHUNK")
        refused = (guild_id, scene.bot.id) not in world.voice_states
        role.permissions = before
        await client.say(4, asked)
        server = await client.hear("VOICE_SERVER_UPDATE")

        assert everyone.permissions & Permission.CONNECT
        assert refused
        assert server["endpoint"]

    async def test_is_left_when_the_session_ends(self, scene: Stage, door: Door) -> None:
        client = await door.enter()
        await client.identify()
        await client.say(4, {"guild_id": str(scene.guild.id), "channel_id": str(scene.voice.id)})
        await client.hear("VOICE_SERVER_UPDATE")

        scene.sim.gateway.invalidate(scene.bot.id)

        assert scene.sim.world.voice_states == {}
