"""Loopback ports: free ones, busy ones, and those a data folder remembers."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

HOST = "127.0.0.1"
FIRST = 10_000
_DRAW = random.SystemRandom()
"""Not seeded by a test: two that run beside each other would draw the same ports."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # Without it a port whose last connections still linger would count as busy for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose(count: int) -> list[int]:
    """As many free ports, all different, below those that the system gives to connections: nobody is given one between
    its choice and its use."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = _DRAW.randrange(FIRST, _first_ephemeral())
        if port not in chosen and is_free(port):
            chosen.append(port)
    return chosen


def _first_ephemeral() -> int:
    """Where the range begins from which Linux takes the ports of outgoing connections."""
    return max(FIRST + 1000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))


def remembered(file: Path, names: Iterable[str], *, taken: Iterable[int] = ()) -> dict[str, int]:
    """One port per name, the same at every start; a port that has become busy (or is taken) is replaced."""
    known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    refused = set(taken)
    kept = {
        name: known[name] for name in names if name in known and known[name] not in refused and is_free(known[name])
    }
    missing = [name for name in names if name not in kept]
    ports = kept | dict(zip(missing, choose(len(missing)), strict=True))
    file.write_text(json.dumps(known | ports, indent=1))
    return ports
