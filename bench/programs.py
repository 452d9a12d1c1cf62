"""Programs that are measured: started with a log of their own, awaited, stopped."""

import asyncio
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from embedded.ports import HOST

READY_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 10.0


class BenchError(Exception):
    """Why nothing can be measured; told as it stands."""


class Program:
    """One server process."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait_until_ready(self, port: int, path: str) -> None:
        """Return when it answers HTTP there, with whatever below 500."""
        until = time.monotonic() + READY_SECONDS_MAX
        while not await asyncio.to_thread(_answers, f"http://{HOST}:{port}{path}"):
            if self._process.poll() is not None or time.monotonic() > until:
                raise BenchError(f"{self.name} does not answer: {self.last_words()}")
            await asyncio.sleep(0.05)

    def last_words(self) -> str:
        return " | ".join(self._log.read_text(errors="replace").splitlines()[-8:])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, with all its threads, those that have ended too."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(after_name[11]), int(after_name[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(pid: int) -> float:
    """The most memory that a process has held at once."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False
