"""The realtime edge from the attacker's side: every bad frame has its end, and nobody else is moved by it."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.realtime.frames import CloseCode

from .client import until
from .conftest import Gateway, StartGateway
from .raw import OpenRaw
from .services import Services
from .told import message

BAD_FRAMES = [
    (1, b"", CloseCode.BAD_FRAME),
    (1, b"{", CloseCode.BAD_FRAME),
    (1, b"[]", CloseCode.BAD_FRAME),
    (1, b'{"op":"shout"}', CloseCode.BAD_FRAME),
    (1, b'{"op":"hello"}', CloseCode.BAD_FRAME),
    (1, b'{"op":"hello","token":1}', CloseCode.BAD_FRAME),
    (1, b'{"op":"ping","n":1,"unknown":2}', CloseCode.BAD_FRAME),
    (1, b'{"op":"watch","topics":{"channel:1":-1}}', CloseCode.BAD_FRAME),
    (1, b'{"op":"watch","topics":{"channel:1":1.5}}', CloseCode.BAD_FRAME),
    (1, b'{"op":"presence","state":"asleep"}', CloseCode.BAD_FRAME),
    (1, b"[" * 5000, CloseCode.BAD_FRAME),
    (1, b'{"deep":' + b"[" * 1500 + b"]" * 1500 + b',"op":"ping"}', CloseCode.BAD_FRAME),
    (1, b'{"op":"watch","topics":{"channel:1":' + b'{"a":' * 1500 + b"1" + b"}" * 1501 + b"}", CloseCode.BAD_FRAME),
    (1, b"\xff\xfe", CloseCode.NOT_TEXT),
    (2, b'{"op":"ping"}', CloseCode.BAD_FRAME),
    (1, b"x" * 65_537, CloseCode.TOO_BIG),
    (0, b"continues nothing", CloseCode.PROTOCOL_ERROR),
    (3, b"no such opcode", CloseCode.PROTOCOL_ERROR),
]


def said(op: str, **fields: Any) -> bytes:
    return msgspec.json.encode({"op": op, **fields})


class TestHandOver:
    async def test_also_on_a_connection_that_served_a_request_before(
        self, gateway: Gateway, services: Services, open_raw: OpenRaw
    ) -> None:
        raw = await open_raw(gateway, first=b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await raw.reader.readuntil(b"}}")
        raw.upgrade()
        await raw.upgraded()

        raw.send(1, said("hello", token=services.person().token))

        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert msgspec.json.decode((await raw.frame())[1])["op"] == "ready"

    async def test_with_headers_longer_than_the_first_buffer(
        self, gateway: Gateway, services: Services, open_raw: OpenRaw
    ) -> None:
        raw = await open_raw(gateway, more="Cookie: " + "x" * 6000 + "\r\n" + "Origin: http://" + "a" * 10 + "\r\n")
        refused = await raw.reader.readuntil(b"\r\n\r\n")
        raw = await open_raw(gateway, more="Cookie: " + "x" * 6000 + "\r\n")
        await raw.upgraded()

        raw.send(9, b"are you there")

        assert refused.startswith(b"HTTP/1.1 403 ")
        assert await raw.frame() == (0xA, b"are you there")

    async def test_unknown_paths_are_a_problem(self, gateway: Gateway) -> None:
        async with gateway.http.get(
            gateway.url + "/elsewhere", headers={"Connection": "Upgrade", "Upgrade": "websocket"}
        ) as response:
            assert response.status == 404
            assert (await response.json(content_type="application/problem+json"))["code"] == "not_found"


class TestOrigin:
    async def test_pages_of_others_may_not_connect(self, start_gateway: StartGateway, open_raw: OpenRaw) -> None:
        gateway = await start_gateway(allowed_origins="https://app.example", public_url="https://guildhall.example")
        heads: dict[str, bytes] = {}
        for origin in (
            f"http://127.0.0.1:{gateway.settings.port}", "https://app.example", "https://guildhall.example",
            "https://evil.example", "null", "https://app.example.evil.example",
            "http://[", "//",
        ):  # fmt: skip
            raw = await open_raw(gateway, more=f"Origin: {origin}\r\n")
            heads[origin] = (await raw.reader.readline())[9:12]
            raw.writer.close()

        assert list(heads.values()) == [b"101", b"101", b"101", *[b"403"] * 5]


class TestBadFrames:
    async def test_have_their_close_code(self, gateway: Gateway, services: Services, open_raw: OpenRaw) -> None:
        for opcode, payload, code in BAD_FRAMES:
            raw = await open_raw(gateway)
            await raw.upgraded()
            raw.send(1, said("hello", token=services.person().token))
            await raw.frame()

            raw.send(opcode, payload)

            assert await raw.close_code() == code, (opcode, payload[:50])

    async def test_of_the_websocket_protocol_itself(self, gateway: Gateway, open_raw: OpenRaw) -> None:
        cases: list[dict[str, Any]] = [{"mask": False}, {"rsv": 4}, {"rsv": 1}]
        for case in cases:
            raw = await open_raw(gateway)
            await raw.upgraded()
            raw.send(1, said("ping"), **case)

            assert await raw.close_code() == CloseCode.PROTOCOL_ERROR, case

    async def test_fragments_are_put_together(self, gateway: Gateway, services: Services, open_raw: OpenRaw) -> None:
        raw = await open_raw(gateway)
        await raw.upgraded()
        hello = said("hello", token=services.person().token)

        raw.send(1, hello[:10], fin=False)
        raw.send(9, b"between")
        raw.send(0, hello[10:20], fin=False)
        raw.send(0, hello[20:])

        assert await raw.frame() == (0xA, b"between")
        assert msgspec.json.decode((await raw.frame())[1])["op"] == "ready"

    async def test_fragments_may_not_add_up_to_too_much_nor_interleave(
        self, gateway: Gateway, open_raw: OpenRaw
    ) -> None:
        large, mixed = await open_raw(gateway), await open_raw(gateway)
        await large.upgraded()
        await mixed.upgraded()

        large.send(1, b"x" * 40_000, fin=False)
        large.send(0, b"x" * 40_000, fin=False)
        mixed.send(1, b"{", fin=False)
        mixed.send(1, b"{")

        assert await large.close_code() == CloseCode.TOO_BIG
        assert await mixed.close_code() == CloseCode.PROTOCOL_ERROR

    async def test_too_many_frames_a_second(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(frames_burst=20.0)
        client = await gateway.client(services.person())

        for number in range(40):
            await client.say("ping", n=number)

        assert await client.closed() == CloseCode.TOO_MANY

    async def test_too_many_topics(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(topics_per_socket_max=2)
        ada = services.person()
        for number in range(3):
            services.open(f"channel:{number}", ada)
        client = await gateway.client(ada)

        await client.say("watch", topics={f"channel:{number}": None for number in range(3)})
        answers = [await client.hear() for _ in range(3)]
        await client.say("watch", topics={f"channel:{number}": None for number in range(5000)})

        assert [answer["op"] for answer in answers] == ["watched", "watched", "problem"]
        assert answers[2]["code"] == "too_many_topics"
        assert await client.closed() in {CloseCode.TOO_MANY, CloseCode.TOO_BIG}


class TestSilence:
    async def test_who_does_not_answer_pings_is_gone(
        self, start_gateway: StartGateway, services: Services, open_raw: OpenRaw
    ) -> None:
        gateway = await start_gateway(heartbeat_seconds=1, pong_seconds=2)
        alive = await gateway.client(services.person())
        dead = await open_raw(gateway)
        await dead.upgraded()
        dead.send(1, said("hello", token=services.person().token))
        await dead.frame()

        listening = asyncio.create_task(alive.hears_nothing(seconds=4.2))
        opcode, _ = await dead.frame()
        await dead.ended()

        assert opcode == 9
        await listening
        await alive.say("ping", n=1)
        assert (await alive.hear())["op"] == "pong"


class TestFramesThatSayNothing:
    @pytest.mark.parametrize(("opcode", "fin"), [(0xA, True), (9, True), (0, False)])
    async def test_count_like_all_others_before_hello_too(
        self, start_gateway: StartGateway, open_raw: OpenRaw, opcode: int, fin: bool
    ) -> None:
        gateway = await start_gateway(frames_per_second=0.0, frames_burst=10.0)
        raw = await open_raw(gateway)
        await raw.upgraded()
        if opcode == 0:
            raw.send(1, b"", fin=False)

        for _ in range(11):
            raw.send(opcode, b"", fin=fin)

        assert await raw.close_code() == CloseCode.TOO_MANY

    async def test_pongs_wait_in_the_queue_like_all_that_is_sent(
        self, start_gateway: StartGateway, open_raw: OpenRaw
    ) -> None:
        gateway = await start_gateway(frames_per_second=1e9, frames_burst=1e9, hello_seconds=60.0)
        raw = await open_raw(gateway, limit=1024)
        await raw.upgraded()
        raw.stop_reading()
        await until(lambda: len(gateway.parts.hub.sessions) == 1)

        async with asyncio.timeout(60):
            while gateway.parts.hub.sessions:
                for _ in range(1000):
                    raw.send(9, b"x" * 125)
                await asyncio.sleep(0)

        assert not gateway.parts.hub.sessions, "sent away, with what the kernel took and no more"


class TestSlowReader:
    async def test_is_sent_away_while_the_others_hear_everything(
        self, gateway: Gateway, services: Services, open_raw: OpenRaw
    ) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        fast = await gateway.client(ada)
        await fast.watch("channel:1")
        slow = await open_raw(gateway, limit=1024)
        await slow.upgraded()
        slow.send(1, said("hello", token=ada.token))
        slow.send(1, said("watch", topics={"channel:1": None}))
        await until(lambda: len(gateway.parts.hub.topics["channel:1"].sessions()) == 2)
        slow.stop_reading()
        text = "x" * 20_000

        for _ in range(80):
            await services.tell("channel:1", *(message(text) for _ in range(10)))
            for _ in range(10):
                await fast.hear("event")

        await until(lambda: len(gateway.parts.hub.topics["channel:1"].sessions()) == 1)
        await until(lambda: len(gateway.parts.hub.sessions) == 1)
