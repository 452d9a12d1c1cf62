"""Work that is done whole, or not begun."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def run_to_completion(work: Coroutine[Any, Any, Result]) -> Result:
    """Its result. Whoever is cancelled meanwhile waits until it is done: what was taken in hand would be lost."""
    working = asyncio.create_task(work)
    try:
        return await asyncio.shield(working)
    finally:
        if not working.done():
            await asyncio.wait([working])
