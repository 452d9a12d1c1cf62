"""A gateway is gone, and everybody it had comes to another one at once; each has missed some events.

    python -m bench.mass_reconnect [N]        (from the root of the repository; needs `ulimit -n` above 2 N)

The gateway is a process of its own that has just started and knows nothing; auth and messaging are a stand-in, Valkey
is embedded. The clients check that they get what they missed, once and in order. Printed is a row for
docs/performance.md.
"""

import asyncio
import re
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from aiohttp import web
from services.gateway.tests.services import Person, Services
from services.gateway.tests.told import messages

from bench.idle_sockets import Idle, connect, masked, raise_open_files, start_gateway
from embedded import Server
from embedded.ports import choose
from streams import bus

EVENTS = 60
MISSED_MAX = 20
_SEQ = re.compile(rb'"op":"event","topic":"channel:1","seq":(\d+)')


async def come_back(port: int, ada: Person, seen: int) -> list[int]:
    """What somebody who saw this much is sent before `watched`."""
    frames = masked(f'{{"op":"hello","token":"{ada.token}"}}')
    frames += masked(f'{{"op":"watch","topics":{{"channel:1":{seen}}}}}')
    _, idle = await asyncio.get_running_loop().create_connection(lambda: Idle(frames), "127.0.0.1", port)
    heard = await idle.watched
    idle.transport.abort()  # type: ignore[attr-defined]  asyncio types it too widely
    return [int(seq) for seq in _SEQ.findall(heard)]


async def measure(sockets: int, folder: Path, valkey: Server) -> None:
    redis = bus.connect(valkey.url)
    services = Services(redis)
    runner = web.AppRunner(services.app(), access_log=None)
    await runner.setup()
    services.port, port = choose(2)
    await web.TCPSite(runner, "127.0.0.1", services.port).start()
    ada = services.person(seconds=3600)
    services.open("channel:0", ada)
    services.open("channel:1", ada)
    services.write("channel:1", *messages(EVENTS))
    gateway = await start_gateway(folder, valkey, port, services.port, sockets + 1)
    try:
        await connect(port, ada, topic="channel:0", seconds=60)
        services.log_calls.clear()
        seen = [EVENTS - 1 - number % MISSED_MAX for number in range(sockets)]
        began = time.perf_counter()
        heard = await asyncio.gather(*(come_back(port, ada, one) for one in seen))
        seconds = time.perf_counter() - began
        assert heard == [list(range(one + 1, EVENTS + 1)) for one in seen], "something was lost or came twice"
        what = f"{sockets:,} sockets come at once to a gateway that knows nothing, 1 to {MISSED_MAX} events behind"
        figures = f"all caught up after {seconds:.2f} s, with their clients' work; {len(services.log_calls)} log call"
        print(f"| {what} | {figures} | `python -m bench.mass_reconnect` |")
    finally:
        gateway.terminate()
        await gateway.wait()
        await runner.cleanup()
        await redis.aclose()


def main() -> None:
    sockets = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    raise_open_files()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        valkey = Server("valkey", Path(folder))
        valkey.start()
        try:
            uvloop.run(measure(sockets, Path(folder), valkey))
        finally:
            valkey.close()


if __name__ == "__main__":
    main()
