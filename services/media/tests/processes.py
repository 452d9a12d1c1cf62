"""Media as a process of its own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx

from testkit.waiting import eventually


class Process:
    """`python -m media serve`, which may be killed and started again."""

    def __init__(self, environ: dict[str, str], *, log: Path = Path(os.devnull)) -> None:
        self._log = log
        self._environ = os.environ | environ
        self.url = f"http://127.0.0.1:{environ['MEDIA_PORT']}"
        self._running: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        command = [sys.executable, "-m", "media", "serve"]
        with self._log.open("wb") as log:
            self._running = await asyncio.to_thread(subprocess.Popen, command, env=self._environ, stdout=log)
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    return (await client.get(f"{self.url}/livez")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers, seconds=60)

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
