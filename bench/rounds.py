"""Both sides up, then round after round through all paths."""

import shutil
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import load, machine, ours, peer, servers
from bench.load import LoadClient
from bench.paths import COMPARED, MessagePath, MessagePaths, Options
from bench.plan import WARM_UP, FanOut, Plan, Posts
from bench.results import Pace, Results, Sample

# Not /tmp, which may be memory: commits have to reach a disk, as in real life.
PARENT: Final = Path("/var/tmp")


async def measure(plan: Plan, *, only: str | None) -> Results:
    """All of it, or `only` one half; raises when anything was lost on the way."""
    about = machine.describe()
    samples: list[Sample] = []
    async with everything() as (paths, versions):
        await go_round(paths, WARM_UP, number=0, only=only)
        for number in range(1, plan.rounds + 1):
            samples += await go_round(paths, plan, number=number, only=only)
    return Results(
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        machine=about,
        versions=versions,
        rounds=plan.rounds,
        compared=COMPARED,
        samples=samples,
    )


@asynccontextmanager
async def everything() -> AsyncGenerator[tuple[MessagePaths, dict[str, str]]]:
    """Servers, our services and the peer's, in a folder that is gone afterwards."""
    await peer.install()
    folder = _make_folder()
    try:
        client = await load.compile_client(folder)
        with servers.running(folder) as stores:
            async with ours.running(stores, folder) as our_side, peer.running(stores, folder) as peer_side:
                versions = machine.versions() | {"PostgreSQL": await servers.postgres_version(stores)}
                yield MessagePaths(LoadClient(client, stores), stores, our_side, peer_side), versions
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> Path:
    """Where we are root the servers run as somebody else, who has to pass."""
    folder = Path(tempfile.mkdtemp(prefix="guildhall-bench-", dir=PARENT))
    folder.chmod(0o711)
    return folder


async def go_round(paths: MessagePaths, plan: Plan, *, number: int, only: str | None) -> list[Sample]:
    """Once through everything; round 0 warms up and is not counted."""
    samples: list[Sample] = []
    if only != "posts":
        for wanted in plan.fan_outs:
            case = f"fan-out to {wanted.sockets}"
            samples += await go_through(paths.fan_out(), case, paces_of_fan_out(wanted), number=number)
    if only != "fan-out":
        samples += await go_through(paths.posts(), "posts", paces_of_posts(plan.posts), number=number)
    return samples


def paces_of_fan_out(wanted: FanOut) -> dict[Pace, Options]:
    saturated = {"sockets": wanted.sockets, "messages": wanted.messages, "in-flight": wanted.in_flight}
    return {"saturated": saturated, "at a rate": {**saturated, "messages": wanted.rate_messages, "rate": wanted.rate}}


def paces_of_posts(wanted: Posts) -> dict[Pace, Options]:
    saturated = {"messages": wanted.messages, "in-flight": wanted.in_flight}
    return {"saturated": saturated, "at a rate": {**saturated, "messages": wanted.rate_messages, "rate": wanted.rate}}


async def go_through(paths: list[MessagePath], case: str, paces: dict[Pace, Options], *, number: int) -> list[Sample]:
    """Each path once at each pace; who comes first changes from round to round."""
    samples: list[Sample] = []
    for pace, options in paces.items():
        for path in paths if number % 2 else reversed(paths):
            began = time.monotonic()
            measured = await path.drive(options)
            sample = Sample(
                case=case,
                path=path.name,
                pace=pace,
                round=number,
                work=measured.deliveries or measured.answered,
                cpu=sum(measured.cpu[name] for name in path.programs),
                measured=measured,
            )
            samples.append(sample)
            print(
                f"round {number}  {case:18} {pace:10} {path.name:20} {sample.cost_us:8.2f} us CPU"
                f"  p50 {measured.p50_us / 1000:7.2f} ms  p99 {measured.p99_us / 1000:7.2f} ms"
                f"  ({time.monotonic() - began:.1f} s)",
                flush=True,
            )
    return samples
