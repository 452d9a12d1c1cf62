"""What a post costs: CPU microseconds of the service and of PostgreSQL, on each path, through real processes.

`python bench/post_cost.py [posts] [clients]`
"""

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from aiohttp import web

from embedded import Server
from testkit.tokens import Signer

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_with_children(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(cpu_seconds(int(child)) for child in children)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def serve_keys(signer: Signer, port: int) -> web.AppRunner:
    async def keys(_: web.Request) -> web.Response:
        return web.json_response({"keys": signer.jwks()})

    app = web.Application()
    app.router.add_get("/.well-known/jwks.json", keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def wait_until_ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with http.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


async def post_many(url: str, signer: Signer, *, posts: int, clients: int) -> tuple[float, list[float]]:
    headers = {"authorization": f"Bearer {signer.user_token()}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=clients)) as http:
        async with http.post(f"{url}/api/v1/spaces", json={"name": "Bench"}) as answer:
            space = await answer.json()
        async with http.get(f"{url}/api/v1/spaces/{space['id']}/channels") as answer:
            [channel] = await answer.json()
        path = f"{url}/api/v1/channels/{channel['id']}/messages"
        left = iter(range(posts))
        times: list[float] = []

        async def write() -> None:
            for n in left:
                started = time.perf_counter()
                body = json.dumps({"content": f"Hello number {n}, how do you do today?", "nonce": f"n-{n}"})
                async with http.post(path, data=body) as said:
                    assert said.status == 201, await said.text()
                    await said.read()
                times.append(time.perf_counter() - started)

        began = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(clients)))
        return time.perf_counter() - began, sorted(times)


async def measure(group_commit: str, postgres: Server, valkey: Server, *, posts: int, clients: int) -> None:
    signer = Signer()
    keys_port, port = free_port(), free_port()
    runner = await serve_keys(signer, keys_port)
    environ = os.environ | {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "AUTH_URL": f"http://127.0.0.1:{keys_port}",
        "MESSAGING_PORT": str(port),
        "MESSAGING_GROUP_COMMIT": group_commit,
        "LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "messaging", "serve", env=environ)
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as http:
            await wait_until_ready(http, url)
        await post_many(url, signer, posts=500, clients=clients)
        service, database, redis = process.pid, int(postgres.pid or 0), int(valkey.pid or 0)
        before = cpu_seconds(service), cpu_with_children(database), cpu_seconds(redis)
        seconds, times = await post_many(url, signer, posts=posts, clients=clients)
        await asyncio.sleep(1.5)  # the relay finishes
        after = cpu_seconds(service), cpu_with_children(database), cpu_seconds(redis)
        cost = [(b - a) / posts * 1e6 for a, b in zip(before, after, strict=True)]
        print(
            f"group_commit={group_commit:5} clients={clients:3}: service {cost[0]:4.0f} us, postgres {cost[1]:4.0f} us,"
            f" valkey {cost[2]:3.0f} us per post; {posts / seconds:5.0f} posts/s,"
            f" p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[len(times) * 99 // 100] * 1000:.1f} ms"
        )
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        await runner.cleanup()


def main(posts: int, clients: int) -> None:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres, valkey = Server("postgres", Path(folder)), Server("valkey", Path(folder))
        try:
            postgres.start()
            valkey.start()
            for _ in range(2):
                for group_commit in ("true", "false"):
                    asyncio.run(measure(group_commit, postgres, valkey, posts=posts, clients=clients))
        finally:
            postgres.close()
            valkey.close()


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [5000, 64][len(given) :]))
