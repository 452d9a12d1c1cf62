"""`make run` as a subprocess on a data folder of its own: to use it as people do, and to break it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedded import ports


class NotReady(Exception):
    """The launcher ended without being ready; the text is what it said."""


class Run:
    """One installation; started again, it is the same one. Its programs are the real ones unless others are named."""

    def __init__(self, folder: Path, *, data: str = "var", **environ: str) -> None:
        self.data = folder / data
        self.port = ports.choose(1)[0]
        self.url = f"http://localhost:{self.port}"
        self._environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(self.data), "PORT": str(self.port)} | environ
        self._processes: list[subprocess.Popen[str]] = []

    def begin(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a launcher without waiting for it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "launcher", *arguments],
            env=self._environ | environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._processes.append(process)
        return process

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a launcher; back when it says that it is ready. Raises NotReady when it ends before."""
        process = self.begin(*arguments, **environ)
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first.startswith("ready "):
            raise NotReady(f"{first}{''.join(process.communicate())}".strip())
        return process

    def pid(self, program: str) -> int:
        """As operators find it."""
        return int((self.data / "run" / f"{program}.pid").read_text())

    def kill(self, program: str) -> None:
        """`kill -9` for one program; the supervisor starts it again."""
        os.kill(self.pid(program), signal.SIGKILL)

    def cut_power(self) -> None:
        """`kill -9` for everything that has to do with this run, at once."""
        for folder in Path("/proc").glob("[0-9]*"):
            if self._command_of(folder):
                with suppress(ProcessLookupError):
                    os.kill(int(folder.name), signal.SIGKILL)
        for process in self._processes:
            process.communicate()

    @contextmanager
    def paused(self, program: str) -> Generator[None]:
        """The program hangs (SIGSTOP) for the length of a block, as after a lost machine."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @property
    def redis_url(self) -> str:
        """The address of its Valkey, as an operator may use it."""
        remembered: dict[str, int] = json.loads((self.data / "ports.json").read_text())
        password = (self.data / "secrets" / "valkey.password").read_text().strip()
        return f"redis://:{password}@127.0.0.1:{remembered['valkey']}/0"

    def commands(self) -> list[str]:
        """The command lines of all living processes that have to do with this run, its launchers included."""
        return [command for folder in Path("/proc").glob("[0-9]*") if (command := self._command_of(folder))]

    def end(self) -> None:
        """Stop what is left of it."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate()

    def _command_of(self, process: Path) -> str:
        """Empty for a stranger, and for one that has ended."""
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            environ = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return ""
        belongs = f"DATA_DIR={self.data}".encode() in environ or str(self.data) in command
        return command if belongs else ""
