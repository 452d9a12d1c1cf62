"""Somebody who never reads, and what the others hear of it: how late their events are, with and without one.

    python -m bench.stalled_reader [N]        (from the root of the repository; N listeners, 50 unless told)

The gateway is a process of its own; auth and messaging are a stand-in, Valkey is embedded. Events of 8 kB come at a
fixed rate, in rounds: by turns nobody stalls, or a few do, whom the gateway cuts off once they owe too much. Printed is
a row for docs/performance.md: p99 from the moment an event was due until a listener has it, the ratio of neighbouring
rounds, and what the gateway's memory has grown by since the first round.
"""

import asyncio
import socket
import statistics
import time
from typing import Final

from services.gateway.tests.services import Person, Services
from services.gateway.tests.told import message

from bench.idle_sockets import UPGRADE, connect, masked, one_gateway, rss_kilobytes, run
from embedded import Server

ROUNDS: Final = 3
EVENTS: Final = 1_000
RATE: Final = 50
"""Events a second."""
STALLED: Final = 3
TOPIC: Final = "channel:1"
TEXT: Final = "x" * 8_000
WINDOW_BYTES: Final = 4_096
"""What the operating system takes in for a reader that stalls."""
CUT_SECONDS: Final = 5


class Listener(asyncio.Protocol):
    """Notes when each event came: `came[n]` is that of the nth, in seconds."""

    _MARK: Final = b'"op":"event"'

    def __init__(self) -> None:
        self.came: list[float] = []
        self.heard_all = asyncio.Event()
        self._rest = b""

    def begin(self) -> None:
        self.came.clear()
        self.heard_all.clear()

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        self.came += [time.perf_counter()] * data.count(self._MARK)
        self._rest = data[1 - len(self._MARK) :]
        if len(self.came) >= EVENTS:
            self.heard_all.set()


async def stall(port: int, ada: Person) -> socket.socket:
    """Watches, and reads nothing of what comes then."""
    loop = asyncio.get_running_loop()
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    reader.setblocking(False)
    await loop.sock_connect(reader, ("127.0.0.1", port))
    await loop.sock_sendall(reader, UPGRADE)
    heard = await loop.sock_recv(reader, WINDOW_BYTES)
    for said in (f'{{"op":"hello","token":"{ada.token}"}}', f'{{"op":"watch","topics":{{"{TOPIC}":null}}}}'):
        await loop.sock_sendall(reader, masked(said))
    while b'"op":"watched"' not in heard:
        heard += await loop.sock_recv(reader, WINDOW_BYTES)
    return reader


async def cut_off(reader: socket.socket) -> None:
    """Read what is left; raises TimeoutError when the gateway has not closed the connection."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CUT_SECONDS):
        try:
            while await loop.sock_recv(reader, 1_000_000):
                pass
        except ConnectionResetError:
            pass
    reader.close()


async def p99(services: Services, listeners: list[Listener]) -> float:
    """Of one round, in milliseconds."""
    for one in listeners:
        one.begin()
    began, due = time.perf_counter(), list[float]()
    for number in range(EVENTS):
        due.append(began + number / RATE)
        await asyncio.sleep(due[-1] - time.perf_counter())
        await services.tell(TOPIC, message(TEXT))
    for one in listeners:
        await one.heard_all.wait()
    late = [came - when for one in listeners for came, when in zip(one.came, due, strict=True)]
    return statistics.quantiles(late, n=100)[-1] * 1_000


async def measure(count: int, valkey: Server) -> None:
    async with one_gateway(count + STALLED + 1, valkey) as (services, gateway):
        ada = services.person(seconds=3600)
        services.open(TOPIC, ada)
        listeners = list[Listener]()
        for _ in range(count):
            listeners.append(Listener())
            (await connect(gateway.port, ada, topic=TOPIC, seconds=60)).transport.set_protocol(listeners[-1])
        await p99(services, listeners)
        before, alone, beside = rss_kilobytes(gateway.pid), list[float](), list[float]()
        for _ in range(ROUNDS):
            alone.append(await p99(services, listeners))
            stalled = [await stall(gateway.port, ada) for _ in range(STALLED)]
            beside.append(await p99(services, listeners))
            for one in stalled:
                await cut_off(one)
        grown = (rss_kilobytes(gateway.pid) - before) / 1024
        ratio = statistics.median(mine / others for mine, others in zip(beside, alone, strict=True))
        what = f"{count} listeners, {RATE} events of 8 kB a second: p99 beside {STALLED} readers that never read"
        figures = f"{statistics.median(beside):.1f} ms, without {statistics.median(alone):.1f} ms, {ratio:.2f} times"
        print(f"| {what} | {figures}; the gateway's memory {grown:+.1f} MB | `python -m bench.stalled_reader` |")


if __name__ == "__main__":
    run(measure, sockets=50)
