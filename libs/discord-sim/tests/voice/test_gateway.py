"""The voice gateway with a client made of nothing but a socket: what it answers, and with which codes it closes."""

import asyncio
import json
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from discord_sim.certs import Certificates
from discord_sim.entities import ChannelKind, VoiceServer
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.ledger import digest
from discord_sim.voice.session import BUFFERED_MESSAGES
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import Stage, until

PACE = 0.001
AES, XCHACHA = CIPHERS


class Udp(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.received.put_nowait(data)


class Client:
    """One user's socket, and what was said on it."""

    def __init__(
        self, stage: Stage, socket: aiohttp.ClientWebSocketResponse, *, user_id: int, server: VoiceServer
    ) -> None:
        self.stage, self.socket, self.user_id, self.server = stage, socket, user_id, server
        self.session_id = stage.world.voice_states[(stage.guild_id, user_id)].session_id
        self.seq = -1

    async def say(self, op: int, **data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def hear(self, op: int) -> Any:
        """The next message with this op, others passed over."""
        async with asyncio.timeout(20):
            async for message in self.socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    self.seq, heard = struct.unpack_from(">HB", message.data)
                    if heard == op:
                        return message.data[3:]
                else:
                    decoded = json.loads(message.data)
                    self.seq = decoded.get("seq", self.seq)
                    if decoded["op"] == op:
                        return decoded["d"]
        raise AssertionError(f"closed with {self.socket.close_code} before op {op}")

    async def cut(self) -> None:
        """The line breaks; what was on its way is read."""
        self.stage.service.disconnect(self.stage.guild_id, self.user_id, code=1006)
        await self.close_code()

    async def close_code(self) -> int | None:
        async with asyncio.timeout(20):
            async for _ in self.socket:
                pass
        return self.socket.close_code

    async def identify(self, **other: Any) -> None:
        usual = {"server_id": str(self.stage.guild_id), "user_id": str(self.user_id), "session_id": self.session_id}
        await self.say(0, **(usual | {"token": self.server.token, "max_dave_protocol_version": 1} | other))

    async def resume(self, *, seq_ack: int, token: str | None = None) -> None:
        who = {"server_id": str(self.stage.guild_id), "session_id": self.session_id}
        await self.say(7, **who, token=token or self.server.token, seq_ack=seq_ack)


Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def connect(stage: Stage, certificates: Certificates) -> Connect:
    @asynccontextmanager
    async def open_socket(other: Client | None = None) -> AsyncGenerator[Client]:
        world = stage.world
        if other is None:
            user_id = world.add_user("outsider").id
            world.join_guild(stage.guild_id, user=world.users[user_id])
            server = world.join_voice(stage.guild_id, user_id=user_id, channel_id=stage.channel_id)
        else:
            user_id, server = other.user_id, other.server
        assert server
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"wss://{server.endpoint}/?v=8", ssl=certificates.client_context()) as socket,
        ):
            yield Client(stage, socket, user_id=user_id, server=server)

    return open_socket


class TestIdentifying:
    async def test_answers_with_an_ssrc_and_both_modes(self, connect: Connect) -> None:
        async with connect() as client:
            assert (await client.hear(8))["heartbeat_interval"] > 0

            await client.identify()

            ready = await client.hear(2)
            assert ready["modes"] == [AES, XCHACHA]
            assert ready["ssrc"] > 0

    @pytest.mark.parametrize(
        ("other", "code"),
        [
            ({"token": "wrong"}, 4004),
            ({"session_id": "wrong"}, 4006),
            ({"server_id": "1"}, 4006),
            ({"max_dave_protocol_version": 0}, 4017),
        ],
    )
    async def test_is_refused(self, connect: Connect, other: dict[str, Any], code: int) -> None:
        async with connect() as client:
            await client.identify(**other)

            assert await client.close_code() == code

    async def test_a_second_time_with_the_same_token_is_refused(self, connect: Connect) -> None:
        async with connect() as client:
            await client.identify()
            await client.hear(2)
            async with connect(client) as again:
                await again.identify()

                assert await again.close_code() == 4006

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ('{"op":1,"d":{}}', 4003),
            ("no json", 4002),
            ('{"op":0,"d":{}}', 4002),
            ('{"op":7,"d":{"server_id":"1","token":"x","session_id":"y"}}', 4004),
        ],
    )
    async def test_comes_first(self, connect: Connect, said: str, code: int) -> None:
        async with connect() as client:
            await client.socket.send_str(said)

            assert await client.close_code() == code


class TestASession:
    async def test_answers_heartbeats(self, connect: Connect) -> None:
        async with connect() as client:
            await client.say(3, t=12, seq_ack=-1)

            assert await client.hear(6) == {"t": 12}

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"op": 99, "d": {}}, 4001),
            ({"op": 1, "d": {"protocol": "udp", "data": {"address": "", "port": 1, "mode": "xsalsa20"}}}, 4016),
            ({"op": 1, "d": {"protocol": "smoke", "data": {"address": "", "port": 1, "mode": AES}}}, 4012),
        ],
    )
    async def test_ends_with_what_nobody_knows(self, connect: Connect, said: dict[str, Any], code: int) -> None:
        async with connect() as client:
            await client.identify()
            await client.hear(2)

            await client.socket.send_json(said)

            assert await client.close_code() == code

    async def test_that_is_resumed_hears_what_it_missed(self, stage: Stage, connect: Connect) -> None:
        async with connect() as client:
            await client.identify()
            await client.hear(2)
            seen = client.seq
            await client.cut()
            stage.person("ada").join(stage.channel_id)
            ada = stage.person("bela")
            ada.join(stage.channel_id)

            async with connect(client) as again:
                await again.resume(seq_ack=seen)

                assert await again.hear(9) is None
                first, second = await again.hear(11), await again.hear(11)
                assert second["user_ids"] == [str(ada.user_id)]
                assert first["user_ids"] != second["user_ids"]

    async def test_wraps_its_numbers_and_is_resumed_across_the_wrap(self, stage: Stage, connect: Connect) -> None:
        stage.service.first_sequence = 65_535
        ada = stage.person("ada")
        async with connect() as client:
            await client.identify()
            ada.join(stage.channel_id)
            await client.hear(11)
            assert client.seq == 65_535
            await client.cut()
            ada.leave()

            async with connect(client) as again:
                await again.resume(seq_ack=65_535)

                assert await again.hear(13) == {"user_id": str(ada.user_id)}
                assert 0 <= again.seq < 10

    async def test_whose_buffer_is_overrun_is_closed(self, stage: Stage, connect: Connect) -> None:
        ada = stage.person("ada")
        async with connect() as client:
            await client.identify()
            await client.hear(2)
            await client.cut()
            for _ in range(BUFFERED_MESSAGES // 2 + 1):
                ada.join(stage.channel_id)
                ada.leave()

            async with connect(client) as again:
                await again.resume(seq_ack=-1)

                assert await again.close_code() == 4006

    async def test_whose_socket_is_severed_has_left_to_the_others_until_it_is_resumed(
        self, stage: Stage, connect: Connect
    ) -> None:
        async with connect() as client, connect() as witness:
            for each in (witness, client):
                await each.identify()
                await each.hear(2)
            who = {"user_ids": [str(client.user_id)]}
            assert await witness.hear(11) == who

            await client.cut()
            assert await witness.hear(13) == {"user_id": str(client.user_id)}
            async with connect(client) as again:
                await again.resume(seq_ack=client.seq)
                assert await again.hear(9) is None

                assert await witness.hear(11) == who

    async def test_hears_a_heartbeat_of_the_servers_own(self, connect: Connect) -> None:
        async with connect() as client:
            _, _, close = await select(client, mode=AES, speaking=False)

            assert (await client.hear(3))["t"] > 0
            close()

    async def test_is_closed_with_4022_when_the_voice_server_is_changed(self, stage: Stage, connect: Connect) -> None:
        async with connect() as client:
            await client.identify()
            await client.hear(2)

            stage.service.move_server(stage.guild_id)

            assert await client.close_code() == 4022

    async def test_in_a_stage_is_without_dave(self, stage: Stage, connect: Connect) -> None:
        stage.world.channel(stage.channel_id).kind = ChannelKind.STAGE
        async with connect() as client:
            await client.identify()
            await client.hear(2)

            await client.say(1, protocol="udp", data={"address": "127.0.0.1", "port": 1, "mode": AES})

            assert (await client.hear(4))["dave_protocol_version"] == 0

    async def test_hears_the_external_sender_first_when_that_is_asked_for(self, stage: Stage, connect: Connect) -> None:
        stage.service.faults.sender_first = True
        async with connect() as client:
            await client.identify()

            assert len(await client.hear(25)) > 64

    async def test_that_nobody_resumes_is_over(self, stage: Stage, connect: Connect) -> None:
        async with connect() as client:
            await client.identify()
            await client.hear(2)
        await until(lambda: stage.service.session(stage.guild_id, client.user_id) is None)


class TestUdp:
    async def test_answers_discords_ping_and_nothing_else_of_that_length(self, connect: Connect) -> None:
        async with connect() as client:
            await client.identify()
            ready = await client.hear(2)
            transport, udp = await discovered(ready)

            transport.sendto(bytes(8))
            transport.sendto(bytes.fromhex("1337CAFE00000007"))

            assert await asyncio.wait_for(udp.received.get(), 2) == bytes.fromhex("1337F00D00000007")
            transport.close()


class TestAudio:
    async def test_is_kept_from_who_has_never_said_whether_they_speak(self, stage: Stage, connect: Connect) -> None:
        ada = stage.person("ada")
        ada.join(stage.channel_id)
        async with connect() as client:
            _, udp, close = await select(client, mode=AES, speaking=False)
            await ada.say(babble(3, seed=1), pace_seconds=PACE, plaintext=True, end=False)
            await client.say(5, speaking=0, delay=0)
            await client.say(3, t=1, seq_ack=-1)
            await client.hear(6)

            await ada.say(babble(1, seed=2), pace_seconds=PACE, plaintext=True, end=False)

            packet = await asyncio.wait_for(udp.received.get(), 2)
            assert packet[2:4] == stage.service.ledger.voiced(ada.user_id)[3].sequence.to_bytes(2, "big")
            close()

    @pytest.mark.parametrize("mode", [AES, XCHACHA])
    async def test_reaches_a_receiver_and_stands_in_the_ledger(self, stage: Stage, connect: Connect, mode: str) -> None:
        ada = stage.person("ada")
        ada.join(stage.channel_id)
        async with connect() as client:
            key, udp, close = await select(client, mode=mode)

            await ada.say(babble(3, seed=1), pace_seconds=PACE, plaintext=True, end=False)

            for sent in stage.service.ledger.voiced(ada.user_id):
                packet = await asyncio.wait_for(udp.received.get(), 2)
                opened = CIPHERS[mode](key).open(packet[-4:], packet[12:-4], packet[:12])
                assert struct.unpack_from(">HII", packet, 2) == (sent.sequence, sent.timestamp, sent.ssrc)
                assert digest(opened) == sent.digest
            close()

    async def test_withheld_by_a_fault_is_in_the_ledger_too(self, stage: Stage, connect: Connect) -> None:
        ada = stage.person("ada")
        ada.join(stage.channel_id)
        async with connect() as client:
            _, udp, close = await select(client, mode=AES)
            stage.service.faults.loss = 1.0

            await ada.say(babble(3, seed=1), pace_seconds=PACE, plaintext=True, end=False)

            assert len(stage.service.ledger.kept_from(client.user_id)) == 3
            assert udp.received.empty()
            close()


async def discovered(ready: dict[str, Any]) -> tuple[asyncio.DatagramTransport, Udp]:
    """The way by UDP, whose server knows our address."""
    loop = asyncio.get_running_loop()
    transport, udp = await loop.create_datagram_endpoint(Udp, remote_addr=(ready["ip"], ready["port"]))
    transport.sendto(struct.pack(">HHI", 1, 70, ready["ssrc"]) + bytes(66))
    answer = await asyncio.wait_for(udp.received.get(), 2)
    address, port = answer[8:72].rstrip(b"\0").decode(), int.from_bytes(answer[72:], "big")
    assert (address, port) == transport.get_extra_info("sockname")
    return transport, udp


async def select(client: Client, *, mode: str, speaking: bool = True) -> tuple[bytes, Udp, Callable[[], None]]:
    """Discover the address, choose the mode, say that we are not `speaking`: the key, what comes by UDP, and how to
    close it."""
    await client.identify()
    transport, udp = await discovered(await client.hear(2))
    address, port = transport.get_extra_info("sockname")
    await client.say(1, protocol="udp", data={"address": address, "port": port, "mode": mode})
    described = await client.hear(4)
    assert described["mode"] == mode
    if speaking:
        await client.say(5, speaking=0, delay=0)
        await client.say(3, t=1, seq_ack=-1)
        await client.hear(6)
    return bytes(described["secret_key"]), udp, transport.close
