"""From nothing to all programs answering, telling how far it is."""

import sys
import time
from collections.abc import Mapping

from launcher import readiness
from launcher.environment import variable
from launcher.plan import Plan
from launcher.progress import Progress
from launcher.stop import Stop
from launcher.supervisor import Supervisor, failure

_POLL_SECONDS = 0.1
_TRIES = 3


class StartUp:
    """Starts everything at once: a service loads while its servers start, and waits for them by itself."""

    def __init__(self, plan: Plan, environ: Mapping[str, str], supervisor: Supervisor) -> None:
        self._plan = plan
        self._ports = {name: int(environ[variable(name, "PORT")]) for name in plan.names}
        self._supervisor = supervisor
        self._progress = Progress(plan.names, sys.stderr)
        self._pids: dict[str, set[int]] = {name: set() for name in plan.names}

    def run(self, stop: Stop) -> bool:
        """True when all answer, False when a stop came first; raises LaunchError when it comes to nothing."""
        until = time.monotonic() + self._plan.ready_seconds
        while not self._supervisor.is_listening():
            if stop.wait(_POLL_SECONDS):
                return False
        missing = self._begin()
        while missing := missing - self._answering(missing):
            if stop.wait(_POLL_SECONDS):
                return False
            if time.monotonic() > until:
                raise failure(self._plan.home, min(missing), f"did not answer in {self._plan.ready_seconds:g} s")
        return True

    def _begin(self) -> set[str]:
        for group in self._plan.groups:
            with self._supervisor.orders() as control:
                control.start(group)
        for name in self._plan.names:
            self._progress.tell(name, "starting")
        return set(self._plan.names)

    def _answering(self, names: set[str]) -> set[str]:
        self._supervisor.check()
        with self._supervisor.orders() as control:
            statuses = control.statuses()
        ready: set[str] = set()
        for name in names:
            self._pids[name] |= {statuses[name].pid} - {0}
            if len(self._pids[name]) > 1:
                self._progress.tell(name, "failing")
            if len(self._pids[name]) > _TRIES:
                raise failure(self._plan.home, name, f"stopped at {_TRIES} starts")
            if statuses[name].pid and readiness.is_ready(name, self._ports[name], path=self._plan.health_path):
                self._progress.tell(name, "ready")
                ready.add(name)
        return ready
