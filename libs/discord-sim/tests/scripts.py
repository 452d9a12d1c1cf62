"""Scripts on clients that others wrote: each a process that tells what it lives through, a JSON object per line."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from discord_sim.stage import Stage

INDEPENDENT = Path(__file__).parents[1] / "independent"
RECORDING = Path(__file__).parent / "two_seconds.ogg"


class Script:
    """A running script and what it has told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self, event: str, *, seconds: float = 20.0) -> dict[str, Any]:
        """The next time it tells of this event."""
        assert self.process.stdout
        async with asyncio.timeout(seconds):
            async for line in self.process.stdout:
                told = json.loads(line)
                if told["event"] == event:
                    return told
        raise AssertionError(f"the script ended without telling of {event}")


@asynccontextmanager
async def running(*command: str, folder: Path, **environ: str) -> AsyncGenerator[Script]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | environ, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Script(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def cut(live: Stage) -> None:
    """The bot's line to the gateway."""
    live.sim.gateway.drop(live.bot.id)
    await live.sim.until(lambda: not live.sim.gateway.is_ready(live.bot.id))
