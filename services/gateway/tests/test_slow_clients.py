"""Clients that send slowly, send endless heads, or never read: each loses its own connection, and nobody else waits."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from .conftest import Gateway, StartGateway
from .services import Services

HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}\r\n"


class Open:
    """A connection to the gateway, from any loopback address."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, method: str = "GET", path: str = "/api/v1/spaces", more: str = "", body: bytes = b"") -> None:
        self.writer.write(HEAD.format(method=method, path=path, more=more).encode() + body)

    async def answer(self) -> bytes:
        """All that comes until the gateway hangs up."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def status(self) -> int:
        async with asyncio.timeout(10):
            return int((await self.reader.readline()).split()[1])


class Opening:
    def __init__(self) -> None:
        self.opened: list[Open] = []

    async def __call__(self, gateway: Gateway, *, address: str = "127.0.0.1") -> Open:
        streams = await asyncio.open_connection("127.0.0.1", gateway.settings.port, local_addr=(address, 0))
        self.opened.append(Open(*streams))
        return self.opened[-1]


@pytest.fixture
async def connect() -> AsyncGenerator[Opening]:
    opening = Opening()
    yield opening
    for one in opening.opened:
        one.writer.transport.abort()


class TestASlowBody:
    async def test_holds_no_connection_to_a_service(self, start_gateway: StartGateway, connect: Opening) -> None:
        gateway = await start_gateway(upstream_connections_max=2, body_seconds=60.0)
        for _ in range(20):
            (await connect(gateway)).send("POST", "/api/v1/auth/login", "Content-Length: 1000\r\n", b"{")

        other = await connect(gateway)
        other.send("GET", "/api/v1/auth/me")

        assert await other.status() == 200

    async def test_is_refused_when_its_time_is_over(self, start_gateway: StartGateway, connect: Opening) -> None:
        gateway = await start_gateway(body_seconds=0.05)
        slow = await connect(gateway)

        slow.send("POST", "/api/v1/auth/login", "Content-Length: 1000\r\n", b"{")

        answer = await slow.answer()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"request_too_slow" in answer

    async def test_may_take_longer_the_more_it_brings(
        self, start_gateway: StartGateway, connect: Opening, services: Services
    ) -> None:
        gateway = await start_gateway(body_seconds=0.2, body_bytes_per_second_min=1_000)
        large = await connect(gateway)

        large.send("POST", "/api/v1/auth/login", "Content-Length: 20000\r\n", b"x" * 10_000)
        await asyncio.sleep(0.4)  # longer than `body_seconds`, shorter than what 10 kB have bought
        large.writer.write(b"x" * 10_000)

        assert await large.status() == 200
        assert services.bodies == [b"x" * 20_000]

    async def test_of_one_client_leaves_the_connections_of_others_free(
        self, start_gateway: StartGateway, connect: Opening
    ) -> None:
        gateway = await start_gateway(
            upstream_connections_max=3, upstream_connections_per_client_max=2, body_bytes_held_max=1_000
        )
        for _ in range(5):
            (await connect(gateway)).send("POST", "/api/v1/auth/login", "Content-Length: 100000\r\n", b"x" * 5_000)

        other = await connect(gateway, address="127.0.0.2")
        other.send("GET", "/api/v1/auth/me")

        assert await other.status() == 200


class TestAHead:
    async def test_without_end_is_refused_at_the_limit(self, gateway: Gateway, connect: Opening) -> None:
        attacker = await connect(gateway)
        attacker.writer.write(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (gateway.settings.head_bytes_max + 1))

        answer = await attacker.answer()

        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"head_too_large" in answer

    async def test_of_too_many_lines_is_refused(self, gateway: Gateway, connect: Opening) -> None:
        attacker = await connect(gateway)
        attacker.send(more="X-A: 1\r\n" * gateway.settings.head_lines_max)

        assert (await attacker.answer()).startswith(b"HTTP/1.1 431 ")

    async def test_too_large_in_one_piece_is_refused(
        self, gateway: Gateway, connect: Opening, services: Services
    ) -> None:
        attacker = await connect(gateway)
        attacker.send(more=f"X-Long: {'x' * gateway.settings.head_bytes_max}\r\n")

        assert (await attacker.answer()).startswith(b"HTTP/1.1 431 ")
        assert services.requests == []

    async def test_that_does_not_come_ends_the_connection(self, start_gateway: StartGateway, connect: Opening) -> None:
        gateway = await start_gateway(head_seconds=0.05)
        silent, slow = await connect(gateway), await connect(gateway)
        slow.writer.write(b"GET / HT")

        assert (await silent.answer()).startswith(b"HTTP/1.1 408 ")
        assert (await slow.answer()).startswith(b"HTTP/1.1 408 ")

    async def test_is_counted_for_each_request_of_a_connection(
        self, start_gateway: StartGateway, connect: Opening
    ) -> None:
        gateway = await start_gateway(head_bytes_max=2_000)
        honest = await connect(gateway)

        statuses: list[int] = []
        for _ in range(4):
            honest.send(more=f"X-Long: {'x' * 1_500}\r\n")
            statuses.append(await honest.status())
            await honest.reader.readuntil(b'"filling": ""}')

        assert statuses == [200] * 4


class TestAnAnswer:
    async def test_that_is_not_read_ends_the_connection(self, start_gateway: StartGateway, connect: Opening) -> None:
        gateway = await start_gateway(answer_seconds=0.1)
        deaf = await connect(gateway)
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]

        deaf.send("GET", "/api/v1/files/stream?chunks=400")

        await ended(gateway, deaf)


class TestConnections:
    async def test_of_one_address_have_a_limit(self, start_gateway: StartGateway, connect: Opening) -> None:
        gateway = await start_gateway(connections_per_address_max=3)
        for _ in range(3):
            (await connect(gateway, address="127.0.0.3")).send()

        beyond = await connect(gateway, address="127.0.0.3")
        other = await connect(gateway, address="127.0.0.4")
        other.send()

        assert await closed(beyond)
        assert await other.status() == 200

    async def test_of_one_address_are_forgotten_when_they_close(
        self, start_gateway: StartGateway, connect: Opening
    ) -> None:
        gateway = await start_gateway(connections_per_address_max=1)
        for _ in range(3):
            one = await connect(gateway, address="127.0.0.3")
            one.send(more="Connection: close\r\n")
            assert (await one.answer()).startswith(b"HTTP/1.1 200 ")

    async def test_that_are_unknown_yield_and_those_of_members_stay(
        self, start_gateway: StartGateway, connect: Opening, services: Services
    ) -> None:
        gateway = await start_gateway(connections_unknown_max=2)
        member = await connect(gateway)
        token = f"Authorization: Bearer {services.person().token}\r\n"
        member.send(more=token)
        await member.reader.readuntil(b'"filling": ""}')
        silent = [await connect(gateway) for _ in range(3)]

        assert await closed(silent[0])
        member.send(more=token)
        assert await member.status() == 200


class TestAnAuthorization:
    async def test_sent_twice_is_refused(self, gateway: Gateway, services: Services, connect: Opening) -> None:
        tokens = [f"Authorization: Bearer {services.person().token}\r\n" for _ in range(2)]
        forger = await connect(gateway)

        forger.send(more="".join(tokens))

        assert await forger.status() == 400
        assert services.requests == []

    async def test_that_is_forged_is_counted_before_it_is_verified(
        self, start_gateway: StartGateway, connect: Opening
    ) -> None:
        gateway = await start_gateway(network_requests_per_minute=20)
        statuses: list[int] = []
        for number in range(40):
            forger = await connect(gateway)
            forger.send(more=f"Authorization: Bearer forged.{number}.x\r\nConnection: close\r\n")
            statuses.append(await forger.status())

        assert statuses[0] == 401
        assert statuses[-1] == 429


class TestPages:
    async def test_are_counted_by_network_but_health_is_not(
        self, start_gateway: StartGateway, connect: Opening
    ) -> None:
        gateway = await start_gateway(network_requests_per_minute=20)
        statuses: dict[str, set[int]] = {}
        for path in ("/api/asyncapi.json", "/livez"):
            for _ in range(40):
                one = await connect(gateway)
                one.send("GET", path, "Connection: close\r\n")
                statuses.setdefault(path, set()).add(await one.status())

        assert statuses == {"/api/asyncapi.json": {200, 429}, "/livez": {200}}

    async def test_answer_head_as_get_without_the_body(self, gateway: Gateway) -> None:
        for path in ("/api/asyncapi.json", "/api/docs", "/livez"):
            async with gateway.http.get(gateway.url + path) as get, gateway.http.head(gateway.url + path) as head:
                assert (head.status, head.headers["content-length"]) == (200, get.headers["content-length"])
                assert await head.read() == b""


async def closed(one: Open) -> bool:
    try:
        return await one.answer() == b""
    except ConnectionResetError:
        return True


async def ended(gateway: Gateway, one: Open) -> None:
    """Wait until the gateway has given this connection up."""
    async with asyncio.timeout(10):
        while True:
            one.writer.write(b"x")
            try:
                await one.writer.drain()
            except ConnectionError:
                return
            await asyncio.sleep(0.01)
