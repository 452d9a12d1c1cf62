"""Outages: the recorder killed in the middle of a sentence, a server it needs stopped for a while."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

import msgspec

from discord_sim.voice.people import Person
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from embedded.kinds import KindName
from testkit.recording.environment import Environment
from testkit.recording.recorder_setup import RecorderSetup

Neighbour = Literal["media"] | KindName
SPEECH_FRAMES = 1500


class Killed(msgspec.Struct, frozen=True, kw_only=True):
    """What was said until the recorder was killed, and how long after its start it was back in the recording."""

    said: list[bytes]
    back_seconds: float


@asynccontextmanager
async def without(environment: Environment, neighbour: Neighbour) -> AsyncGenerator[None]:
    """Really stopped for the length of the block, and started again on its data."""
    server = None if neighbour == "media" else environment.servers[neighbour]
    if server is None:
        await environment.media.kill()
    else:
        await asyncio.to_thread(server.stop)
    try:
        yield
    finally:
        if server is None:
            await environment.media.start()
        else:
            await asyncio.to_thread(server.start)


async def kill_while_talking(setup: RecorderSetup, person: Person, *, times: int, seed: int) -> list[Killed]:
    """`kill -9` at moments drawn from the seed, in the middle of speech; each time started again at once."""
    source = random.Random(seed)
    killed: list[Killed] = []
    for number in range(times):
        begun = len(setup.sent(person))
        talk = asyncio.create_task(person.say(babble(SPEECH_FRAMES, seed=seed + number), end=False))
        await asyncio.sleep(1 + 2 * source.random())
        said = setup.sent(person)[begun:]
        await setup.recorder.kill()
        talk.cancel()
        await setup.recorder.start(seconds=120)
        started = time.monotonic()
        await until(lambda: went_on(setup) > number, timeout_seconds=30)  # noqa: B023 - awaited right here
        killed.append(Killed(said=said, back_seconds=time.monotonic() - started))
        await together(person)
    return killed


def went_on(setup: RecorderSetup) -> int:
    """How often the recorder has told that it came back."""
    return sum("goes on" in said for said in setup.said(setup.voice.id))
