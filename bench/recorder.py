"""25 people talk in a voice channel: what recording them costs, beside discord.js's own receiver.

    python -m bench.recorder [--speakers 25] [--seconds 300] [--rounds 3] [--round-seconds 60] [--write]

First the recorder listens for `--seconds`, and not a frame may be missing. Then both listen in turn, `--rounds` times,
to the same people; ratios are taken within a round. The Discord around them is simulated by this process, whose CPU is
not counted. discord.js opens the same packets and writes them to a file for each speaker; it keeps no time, checks no
accounts and uploads nothing. `--write` puts the figures into docs/performance.md.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bench import recorder_report
from bench.machine import describe
from bench.programs import BenchError, cpu_seconds, peak_mebibytes
from bench.recorder_listeners import Listen, discord_js, recorder_bot
from bench.recorder_report import DISCORD_JS, RECORDER, Plan, Results, Sample
from bench.recorder_room import Room
from discord_sim.simulator import Simulator
from embedded.failures import EmbeddedError
from testkit.recording.environment import running_environment
from testkit.recording.recorder_setup import RecorderSetup

HURRY: Final = ("segment", "progress", "poll", "retry")
"""Intervals that are shorter in tests."""
TROUBLE_SECONDS: Final = 300
"""So much longer than people talk may all of it take."""


class Bench:
    def __init__(self, room: Room, setup: RecorderSetup, folder: Path) -> None:
        self._room = room
        people = [person.user_id for person in room.people]
        self._listeners: dict[str, Listen] = {
            RECORDER: partial(recorder_bot, setup),
            DISCORD_JS: partial(discord_js, setup, people, folder),
        }

    async def measure(self, name: str, *, seconds: float, warm_up_seconds: float) -> Sample:
        """CPU counts from the end of the warm-up until everything is put away."""
        room = self._room
        await room.has(listeners=0)
        room.forget()
        async with self._listeners[name]() as listening:
            await room.has(listeners=1)
            talking = asyncio.create_task(room.talk(warm_up_seconds + seconds))
            await asyncio.sleep(warm_up_seconds)
            cpu_before, said_before = cpu_seconds(listening.pid), room.said
            await talking
            await listening.finish()
            sample = Sample(
                listener=name,
                packets=room.said - said_before,
                cpu=cpu_seconds(listening.pid) - cpu_before,
                peak_mebibytes=peak_mebibytes(listening.pid),
                missing=room.missing(await listening.tracks()),
            )
        print(f"  {name}: {sample.packets} packets, {sample.missing} missing, {sample.cost_us:.1f} us", flush=True)
        return sample


@asynccontextmanager
async def bench_of(plan: Plan) -> AsyncGenerator[Bench]:
    """The recorder with everything that it needs, and people around it."""
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as name:
        folder = Path(name)
        async with running_environment() as environment, Simulator() as sim:
            setup = RecorderSetup(environment, sim, folder=folder)
            await setup.open()
            for each in HURRY:
                del setup.recorder.environ[f"RECORDER_BOT_{each.upper()}_SECONDS"]
            try:
                await setup.start()
                room = Room(setup, speakers=plan.speakers)
                await setup.gather(*room.people)
                yield Bench(room, setup, folder)
            finally:
                await setup.close()


async def measure(plan: Plan) -> Results:
    """Whoever listens in a round, the other is away."""
    async with asyncio.timeout(plan.talking_seconds + TROUBLE_SECONDS), bench_of(plan) as bench:
        machine = describe()
        whole = await bench.measure(RECORDER, seconds=plan.seconds, warm_up_seconds=0)
        samples = [
            await bench.measure(name, seconds=plan.round_seconds, warm_up_seconds=plan.warm_up_seconds)
            for number in range(plan.rounds)
            for name in ((RECORDER, DISCORD_JS) if number % 2 == 0 else (DISCORD_JS, RECORDER))
        ]
    return Results(plan=plan, date=time.strftime("%Y-%m-%d"), machine=machine, whole=whole, samples=samples)


def check(results: Results) -> None:
    """Raises BenchError when the recorder has missed something: then its figures say nothing."""
    missing = sum(each.missing for each in [results.whole, *results.samples] if each.listener == RECORDER)
    if missing:
        raise BenchError(f"{missing} frames are in no track")


def main() -> int:
    """0 with figures, 1 with the reason why there are none."""
    parser = argparse.ArgumentParser(prog="bench.recorder", description=(__doc__ or "").partition("\n")[0])
    for name, default in msgspec.structs.asdict(Plan()).items():
        kind = int if isinstance(default, int) else float
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    given = vars(parser.parse_args())
    to_be_written = given.pop("write")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        results = asyncio.run(measure(Plan(**given)))
        check(results)
    except (BenchError, EmbeddedError, TimeoutError) as problem:
        print(f"bench: {problem or 'nothing happens any more'}", file=sys.stderr)
        return 1
    print(recorder_report.table(results))
    if to_be_written:
        recorder_report.write(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
