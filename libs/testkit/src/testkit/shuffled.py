"""A backlog as two copies of a consumer group may hear it: each event somewhere, once or twice, in any order."""

import asyncio
import random
from collections.abc import Sequence

from contracts.events import Envelope
from streams.consumer import Effect


async def apply_shuffled(effect: Effect, envelopes: Sequence[Envelope], *, seed: int, copies: int = 2) -> None:
    """Have the effect of all events in `copies` tasks at once; the same `seed` gives the same order."""
    chance = random.Random(seed)
    waiting = [*envelopes, *chance.sample(list(envelopes), len(envelopes) // 4)]
    chance.shuffle(waiting)

    async def copy() -> None:
        while waiting:
            await effect(waiting.pop())

    await asyncio.gather(*(copy() for _ in range(copies)))
