"""A gateway is gone, and everybody it had comes to another one at once; each has missed some events.

    python -m bench.mass_reconnect [N]        (from the root of the repository; needs `ulimit -n` above 2 N)

The gateway is a process of its own that has just started and knows nothing; auth and messaging are a stand-in, Valkey
is embedded. The clients check that they get what they missed, once and in order. Printed is a row for
docs/performance.md.
"""

import asyncio
import re
import time

from services.gateway.tests.services import Person
from services.gateway.tests.told import messages

from bench.idle_sockets import Idle, connect, masked, one_gateway, run
from embedded import Server

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


async def measure(sockets: int, valkey: Server) -> None:
    async with one_gateway(sockets + 1, valkey) as (services, gateway):
        ada = services.person(seconds=3600)
        services.open("channel:0", ada)
        services.open("channel:1", ada)
        services.write("channel:1", *messages(EVENTS))
        await connect(gateway.port, ada, topic="channel:0", seconds=60)
        services.log_calls.clear()
        seen = [EVENTS - 1 - number % MISSED_MAX for number in range(sockets)]
        began = time.perf_counter()
        heard = await asyncio.gather(*(come_back(gateway.port, ada, one) for one in seen))
        seconds = time.perf_counter() - began
        assert heard == [list(range(one + 1, EVENTS + 1)) for one in seen], "something was lost or came twice"
        what = f"{sockets:,} sockets come at once to a gateway that knows nothing, 1 to {MISSED_MAX} events behind"
        figures = f"all caught up after {seconds:.2f} s, with their clients' work; {len(services.log_calls)} log call"
        print(f"| {what} | {figures} | `python -m bench.mass_reconnect` |")


if __name__ == "__main__":
    run(measure, sockets=1000)
