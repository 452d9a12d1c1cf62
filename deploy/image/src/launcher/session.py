"""One run: from the first process to the last."""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Self

from launcher import logs, programs, readiness
from launcher.control import Control
from launcher.environment import variable
from launcher.failures import LaunchError
from launcher.home import Home
from launcher.plan import Plan, set_up
from launcher.progress import Progress
from launcher.reload import Sources
from launcher.supervise import FATAL_FILE

_POLL_SECONDS = 0.1
_STOP_SECONDS = 90.0
_LOG_LINES = 15
# The kernel takes 107 bytes, and supervisor adds its pid while it binds.
_SOCKET_PATH_MAX = 95


class Stop:
    """Ctrl-C, SIGTERM, or the terminal closed: all mean the same."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def wait(self, seconds: float) -> bool:
        """Whether a stop was asked for, after at most this long."""
        return self._asked.wait(seconds)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()


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
        self.control = Control(socket)

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

    def check(self) -> None:
        """Raise when it has ended by itself."""
        if self._process.poll() is None:
            return
        fatal = self._home.run / FATAL_FILE
        if fatal.exists():
            raise failure(self._home, fatal.read_text(), "is beyond help: it stopped at every new start")
        raise LaunchError(f"the supervisor ended with {self._process.returncode}; see {self._home.log}/supervisord.log")


def run(plan: Plan) -> None:
    """Run until told to stop; raises LaunchError when it can't start or can't go on."""
    stop = Stop()
    plan.home.make()
    lock = plan.home.lock(url=plan.url)
    environ = set_up(plan)
    with ExitStack() as stack:
        if plan.logs_to_stdout:
            follower = logs.Follower([plan.home.log / f"{name}.log" for name in plan.names], sys.stdout)
            follower.start()
            stack.callback(follower.stop)
        supervisor = stack.enter_context(Supervisor(plan.home, environ, lock))
        if start_up(plan, environ, supervisor, stop):
            announce(plan, environ)
            stay(plan, supervisor, stop)
        print("stopping …", file=sys.stderr, flush=True)


def start_up(plan: Plan, environ: Mapping[str, str], supervisor: Supervisor, stop: Stop) -> bool:
    """Start servers, then services; True when all answer, False when a stop came first."""
    until = time.monotonic() + plan.ready_seconds
    progress = Progress(plan.names, sys.stderr)
    while not supervisor.is_listening():
        if stop.wait(_POLL_SECONDS):
            return False
    for stage in (plan.servers, plan.services):
        for name in stage:
            supervisor.control.start(name)
            progress.tell(name, "starting")
        missing = set(stage)
        while missing:
            if stop.wait(_POLL_SECONDS):
                return False
            supervisor.check()
            missing -= answering(plan, environ, supervisor, progress, missing)
            if missing and time.monotonic() > until:
                late = min(missing)
                raise failure(plan.home, late, f"did not answer within {plan.ready_seconds:g} s")
    return True


def answering(
    plan: Plan, environ: Mapping[str, str], supervisor: Supervisor, progress: Progress, names: set[str]
) -> set[str]:
    """Which of these programs answer; tells about those that stop and start again."""
    ready: set[str] = set()
    statuses = supervisor.control.statuses()
    for name in names:
        if statuses[name].state == "BACKOFF":
            progress.tell(name, "failing")
        elif readiness.is_ready(name, int(environ[variable(name, "PORT")]), path=plan.health_path):
            progress.tell(name, "ready")
            ready.add(name)
    return ready


def stay(plan: Plan, supervisor: Supervisor, stop: Stop) -> None:
    """Until told to stop, or until the supervisor ends."""
    root = programs.IMAGE.parents[1]
    sources = Sources([*root.glob("libs/*/src"), *root.glob("services/*/src")] if plan.reload else [])
    while not stop.wait(_POLL_SECONDS if not plan.reload else 0.5):
        supervisor.check()
        if sources.changed():
            for name in plan.services:
                print(f"{name}: a source file changed, starting again", file=sys.stderr, flush=True)
                supervisor.control.restart(name)


def announce(plan: Plan, environ: Mapping[str, str]) -> None:
    """One line for programs, a few for people."""
    if not plan.services:
        for name in ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET"):
            if name in environ:
                print(f"{name}={environ[name]}")
        sys.stdout.flush()
        return
    url = plan.url if "gateway" in plan.services else environ[variable(plan.services[0], "URL")]
    print(f"ready {url}", flush=True)
    hints = {
        "what runs here": f"{url}/",
        "API, to try out": f"{url}/api/docs",
        "health": f"{url}/readyz",
        "talk, in two terminals": "make chat",
        "logs": f"{plan.home.log}/",
        "stop": "Ctrl-C",
    }
    width = max(map(len, hints))
    print("\n".join(f"  {what:<{width}}  {where}" for what, where in hints.items()), file=sys.stderr, flush=True)


def failure(home: Home, program: str, what: str) -> LaunchError:
    """Says what a program's last words were, and what to do."""
    log = home.log / f"{program}.log"
    said = "".join(f"\n    {line}" for line in logs.last_lines(log, _LOG_LINES))
    return LaunchError(f"{program} {what}. The end of {log}:{said}\n  Put right what it names, then start again.")
