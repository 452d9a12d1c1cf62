"""supervisord and all it runs, for the length of a `with`."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from launcher import logs, programs
from launcher.control import Control
from launcher.data_directory import DataDirectory
from launcher.failures import FATAL_FILE, LaunchError

_POLL_SECONDS = 0.1
_STOP_SECONDS = 90.0
_LOG_LINES = 15
# The kernel takes 107 bytes, and supervisor adds its pid while it binds.
_SOCKET_PATH_MAX = 95
_EXIT_LINE = re.compile(r"exited: (?P<name>\S+) \((?P<how>[^;]*);")


class Supervisor:
    """supervisord and all it runs, for the length of a `with`."""

    def __init__(self, home: DataDirectory, environ: Mapping[str, str], lock: int) -> None:
        self._home = home
        self._environ = environ
        self._lock = lock
        control = home.run / "supervisor.sock"
        if len(str(control).encode()) > _SOCKET_PATH_MAX:
            control = Path(tempfile.mkdtemp(prefix="guildhall-")) / control.name
        self._socket = control

    def __enter__(self) -> Self:
        # We hold the lock: what lies here is of a supervisor that was killed, and would be taken for a living one.
        self._socket.unlink(missing_ok=True)
        own = {
            "PYTHON": sys.executable,
            "IMAGE_DIR": str(programs.IMAGE),
            "WORKING_DIR": str(Path.cwd()),
            "CONTROL_SOCKET": str(self._socket),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "launcher.supervise", str(self._home.run)],
            env=dict(self._environ) | own,
            cwd=self._home.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[self._lock],
            start_new_session=True,  # Ctrl-C is for us; we stop it in our own time
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # Programs outlive a supervisor that was killed by a moment: they are told to stop by the kernel.
        until = time.monotonic() + _STOP_SECONDS
        while self._home.pids() and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        self._home.forget_pids()
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self._home.run:
            self._socket.parent.rmdir()

    def is_listening(self) -> bool:
        """Whether it takes orders yet."""
        self.check()
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(os.fspath(self._socket)) == 0

    @contextmanager
    def orders(self) -> Generator[Control]:
        """To give it orders. When it refuses them because it is ending, the reason for its end is raised."""
        try:
            yield Control(self._socket)
        except (xmlrpc.client.Error, OSError):
            self._process.wait(_STOP_SECONDS)
            self.check()
            raise

    def check(self) -> None:
        """Raise when it has ended by itself."""
        if self._process.poll() is None:
            return
        fatal = self._home.run / FATAL_FILE
        if fatal.exists():
            program, _, verdict = fatal.read_text().partition(" ")
            raise failure(self._home, program, verdict)
        raise LaunchError(f"the supervisor ended with {self._process.returncode}; see {self._home.log}/supervisord.log")


def failure(home: DataDirectory, program: str, what: str) -> LaunchError:
    """Say how a program ended, what the last lines of its log are, and what to do."""
    log = home.log / f"{program}.log"
    how = last_exit((home.log / "supervisord.log").read_text(errors="replace"), program)
    lines = "".join(f"\n    {line}" for line in logs.last_lines(log, _LOG_LINES))
    return LaunchError(f"{program} {what}{how}. The end of {log}:{lines}\n  Put right what it names, then start again.")


def last_exit(log: str, program: str) -> str:
    """From supervisord's log: ` (exit status 1)`, ` (terminated by SIGKILL: out of memory?)`; or empty."""
    found = [match["how"] for match in _EXIT_LINE.finditer(log) if match["name"] == program]
    if not found:
        return ""
    return f" ({found[-1]}{': out of memory?' if 'SIGKILL' in found[-1] else ''})"
