"""`python -m bench.login_timing`: does an answer's time tell whether an address has an account? Exits with 1 if so."""

import argparse
import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import aiohttp

from embedded import Server, ports

LIMIT: Final = 0.05
PLENTY: Final = "1000000"
PASSWORD: Final = "seven brown foxes"
CALLS: Final[dict[str, tuple[str, str]]] = {
    "login": ("ann@example.org", "nobody-{n}@example.org"),
    "register": ("ann@example.org", "new-{n}@example.org"),
    "password/forgot": ("ann@example.org", "nobody-{n}@example.org"),
}


def body_of(call: str, email: str) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {
        "login": {"email": email, "password": "not the password"},
        "register": {"email": email, "password": PASSWORD, "display_name": "Somebody"},
        "password/forgot": {"email": email},
    }
    return bodies[call]


async def compare(http: aiohttp.ClientSession, url: str, call: str, tries: int) -> tuple[float, float]:
    """Median seconds for a known and for an unknown address, asked in turn so that both meet the same machine."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for n in range(tries):
        for kind, email in enumerate(CALLS[call]):
            started = time.perf_counter()
            async with http.post(f"{url}/{call}", json=body_of(call, email.format(n=n))) as answer:
                await answer.read()
            seconds[kind].append(time.perf_counter() - started)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


async def measure(url: str, tries: int) -> bool:
    """Print a line per call; False if login tells too much."""
    within = True
    async with aiohttp.ClientSession() as http:
        for _ in range(600):
            try:
                await http.post(f"{url}/register", json=body_of("register", "ann@example.org"))
                break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
        for call in CALLS:
            known, unknown = await compare(http, url, call, tries)
            apart = abs(known - unknown) / max(known, unknown)
            within &= call != "login" or apart < LIMIT
            print(f"{call}: known {known * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms, {apart:.1%} apart")
    return within


def main() -> int:
    """0 when login's medians differ by less than 5 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=200)
    tries: int = parser.parse_args().tries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres, valkey = Server("postgres", folder, fsync=False), Server("valkey", folder)
        port = str(ports.choose(1)[0])
        environ = os.environ | {"AUTH_PORT": port, "AUTH_REQUIRE_VERIFIED_EMAIL": "false", "LOG_LEVEL": "error"}
        environ |= {"AUTH_MASTER_KEY": secrets.token_urlsafe(32)}
        limits = ("GUESSES_PER_ADDRESS_AND_NETWORK", "GUESSES_PER_NETWORK", "GUESSES_PER_ADDRESS")
        mails = ("REGISTRATIONS_PER_NETWORK", "MAILS_PER_ADDRESS_AND_NETWORK", "MAILS_PER_NETWORK", "MAILS_PER_ADDRESS")
        environ |= {f"AUTH_{limit}": PLENTY for limit in (*limits, *mails)}
        try:
            postgres.start()
            valkey.start()
            environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
            subprocess.run([sys.executable, "-m", "auth", "migrate"], env=environ, check=True)
            with subprocess.Popen([sys.executable, "-m", "auth", "serve"], env=environ) as auth:
                try:
                    return 0 if asyncio.run(measure(f"http://127.0.0.1:{port}/api/v1/auth", tries)) else 1
                finally:
                    auth.terminate()
        finally:
            postgres.close()
            valkey.close()


if __name__ == "__main__":
    sys.exit(main())
