"""supervisord and all it runs, for the length of a `with`."""

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
from launcher.failures import LaunchError
from launcher.home import Home
from launcher.supervise import FATAL_FILE

_POLL_SECONDS = 0.1
_STOP_SECONDS = 90.0
_LOG_LINES = 15
# The kernel takes 107 bytes, and supervisor adds its pid while it binds.
_SOCKET_PATH_MAX = 95


class Supervisor:
    """supervisord and all it runs, for the length of a `with`."""

    def __init__(self, home: Home, environ: Mapping[str, str], lock: int) -> None:
        self._home = home
        self._environ = environ
        self._lock = lock
        socket = home.run / "supervisor.sock"
        if len(str(socket).encode()) > _SOCKET_PATH_MAX:
            socket = Path(tempfile.mkdtemp(prefix="guildhall-")) / socket.name
        self._socket = socket

    def __enter__(self) -> Self:
        own = {"PYTHON": sys.executable, "IMAGE_DIR": str(programs.IMAGE), "CONTROL_SOCKET": str(self._socket)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "launcher.supervise", str(self._home.run)],
            env=dict(self._environ) | own,
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
        for file in self._home.run.glob("*.pid"):
            file.unlink()
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self._home.run:
            self._socket.parent.rmdir()

    def is_listening(self) -> bool:
        """Whether it takes orders yet."""
        self.check()
        return self._socket.exists()

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
            raise failure(self._home, fatal.read_text(), "is beyond help: it stopped at every new start")
        raise LaunchError(f"the supervisor ended with {self._process.returncode}; see {self._home.log}/supervisord.log")


def failure(home: Home, program: str, what: str) -> LaunchError:
    """Says what a program's last words were, and what to do."""
    log = home.log / f"{program}.log"
    said = "".join(f"\n    {line}" for line in logs.last_lines(log, _LOG_LINES))
    return LaunchError(f"{program} {what}. The end of {log}:{said}\n  Put right what it names, then start again.")
