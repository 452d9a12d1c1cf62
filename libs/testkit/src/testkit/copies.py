"""Further copies of a running service, to be killed, paused and started again by a test."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from embedded import ports
from testkit.runs import Run


class Copy:
    """A second (third, …) process of a service of a run, with that service's own environment but for its port."""

    def __init__(self, run: Run, service: str, *, faulty: bool = False, **environ: str) -> None:
        """With `faulty` its steps fail when told to (`testkit.faulty`)."""
        self.name = service
        [self.port] = ports.choose(1)
        module = service.replace("-", "_")
        self._command = [sys.executable, "-m", *(["testkit.faulty"] if faulty else []), module, "serve"]
        original = Path("/proc", str(run.pid(service)), "environ").read_bytes().split(b"\0")
        self._environ: dict[str, str] = {}
        for entry in original:
            name, _, value = entry.decode().partition("=")
            if name:
                self._environ[name] = value
        self._environ |= {f"{module.upper()}_PORT": str(self.port)} | environ
        self._log = run.data / "log" / f"{service}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environ, stdout=log, stderr=log)

    def signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and collect what is left."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self._process is not None:
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def seed_from(environ_name: str = "CHAOS_SEED") -> int:
    """A fresh seed, or the one that is to be played again."""
    return int(os.environ.get(environ_name) or int.from_bytes(os.urandom(4), "big"))
