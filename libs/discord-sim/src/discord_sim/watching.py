"""Waiting for the world to be as one wants it, without sleeping."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from discord_sim.world import World

Found = TypeVar("Found")


async def until(world: World, predicate: Callable[[], Found], *, seconds: float = 20.0) -> Found:
    """The first true value of the predicate, which is asked again after every change; TimeoutError if none comes."""
    changed = asyncio.Event()
    unlisten = world.listen(lambda _: changed.set())
    try:
        async with asyncio.timeout(seconds):
            while not (found := predicate()):
                await changed.wait()
                changed.clear()
            return found
    finally:
        unlisten()
