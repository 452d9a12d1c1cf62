"""Packets are fetched now and then: none is late for that, and none stops those behind it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from discord_sim.voice.stage import until
from voice import udp
from voice.udp import DISCOVERY_BYTES, Datagram, Receive, Udp

MS = 1_000_000
ANSWER = b"\0\2\0\x46" + bytes(DISCOVERY_BYTES - 4)


class Line(msgspec.Struct, frozen=True):
    """A voice server's socket, and the client's that knows it."""

    server: socket.socket
    client: Udp
    clients_address: tuple[str, int]

    def send(self, data: bytes) -> None:
        self.server.sendto(data, self.clients_address)


@asynccontextmanager
async def line(receive: Receive) -> AsyncGenerator[Line]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        client = await Udp.open(*server.getsockname(), receive=receive)
        with contextlib.closing(client):
            asking = asyncio.create_task(client.discover(7))
            await asyncio.sleep(0)
            _, address = server.recvfrom(DISCOVERY_BYTES)
            server.sendto(ANSWER, address)
            client.fetch()
            await asking
            yield Line(server, client, address)


class TestClocks:
    def test_a_reading_that_others_came_between_makes_nothing_early(self, monkeypatch: pytest.MonkeyPatch) -> None:
        passing_ms = iter([0, 20, 20, 20, 20, 20, 20, 20, 20])

        def monotonic_ns() -> int:
            return next(passing_ms) * MS

        monkeypatch.setattr(time, "monotonic_ns", monotonic_ns)
        monkeypatch.setattr(time, "time_ns", lambda: 1_000_000 * MS + monotonic_ns())

        apart_ns = udp.clocks_apart_ns()

        monkeypatch.undo()
        assert apart_ns == -1_000_000 * MS


class TestFetch:
    async def test_tells_when_a_datagram_arrived_and_not_when_it_was_fetched(self) -> None:
        heard: list[Datagram] = []
        delays_ms: list[float] = []
        async with line(heard.extend) as between:
            for _ in range(2):  # the kernel takes a moment to begin with its notes
                sent_ns = time.monotonic_ns()
                between.send(b"early" * 4)
                await until(lambda before=sent_ns: time.monotonic_ns() > before + 100 * MS)
                between.client.fetch()
                data, at_ns = heard[-1]
                delays_ms.append((at_ns - sent_ns) / MS)
                assert data == b"early" * 4

        assert delays_ms[-1] < 50

    async def test_hands_on_together_what_has_arrived(self) -> None:
        heard: list[list[bytes]] = []
        async with line(lambda datagrams: heard.append([data for data, _ in datagrams])) as between:
            for data in (b"first" * 4, bytes(udp.PING_BYTES), ANSWER, b"second" * 4):
                between.send(data)
            between.client.fetch()

        assert [b"first" * 4, b"second" * 4] in heard

    async def test_goes_on_after_nobody_was_there(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            address = server.getsockname()
        heard: list[Datagram] = []
        with contextlib.closing(await Udp.open(*address, receive=heard.extend)) as client:
            asking = asyncio.create_task(client.discover(7))
            await asyncio.sleep(0)
            client.fetch()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
                server.bind(address)
                server.setblocking(False)
                _, asked_from = await asyncio.get_running_loop().sock_recvfrom(server, DISCOVERY_BYTES)
                server.sendto(ANSWER, asked_from)
                server.sendto(b"back" * 4, asked_from)

                client.fetch()
            await asking

        assert [data for data, _ in heard] == [b"back" * 4]


class TestClose:
    async def test_hands_on_what_has_arrived(self) -> None:
        heard: list[Datagram] = []
        async with line(heard.extend) as between:
            between.send(b"last" * 4)

        assert [data for data, _ in heard] == [b"last" * 4]
