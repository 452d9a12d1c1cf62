"""From nothing to all programs answering, telling how far it is."""

import sys
import time
from collections.abc import Mapping

from launcher import logs, readiness
from launcher.environment import variable
from launcher.plan import Plan
from launcher.progress import Progress
from launcher.stop import Stop
from launcher.supervisor import Supervisor, failure

_POLL_SECONDS = 0.1
_TRIES = 3
_STOPPED = {"BACKOFF", "EXITED", "FATAL"}
_WAIT_OF_MAY_FAIL_SECONDS = 3.0


class StartUp:
    """Starts everything at once: a service loads while its servers start, and waits for them by itself."""

    def __init__(self, plan: Plan, environ: Mapping[str, str], supervisor: Supervisor) -> None:
        self._plan = plan
        self._ports = {name: int(environ[variable(name, "PORT")]) for name in plan.names}
        self._supervisor = supervisor
        self._progress = Progress(plan.names, sys.stderr)
        self._pids: dict[str, set[int]] = {name: set() for name in plan.names}
        self._problems: dict[str, str] = {}
        self._stopped: set[str] = set()

    def run(self, stop: Stop) -> bool:
        """True when all that others wait for answer, False when a stop came first.

        Raises LaunchError when it comes to nothing.
        """
        until = time.monotonic() + self._plan.ready_seconds
        while not self._supervisor.is_listening():
            if stop.wait(_POLL_SECONDS):
                return False
        self._begin()
        missing = set(self._plan.names) - set(self._plan.may_fail)
        while missing := missing - self._answering(missing):
            if stop.wait(_POLL_SECONDS):
                return False
            if time.monotonic() > until:
                name = min(missing)
                late = f"is not ready after {self._plan.ready_seconds:g} s: {self._problems[name]}"
                raise failure(self._plan.home, name, late)
        return True

    def wait_for_the_rest(self, stop: Stop) -> dict[str, str]:
        """Of the programs that nothing waits for: what keeps each from being ready, after a short while."""
        until = time.monotonic() + _WAIT_OF_MAY_FAIL_SECONDS
        missing = set(self._plan.may_fail)
        while missing := missing - self._answering(missing):
            speaking = {name for name in missing if self._problem_of_unneeded(name)}
            if speaking == missing or time.monotonic() > until or stop.wait(_POLL_SECONDS):
                break
        return {name: self._problem_of_unneeded(name) or readiness.SILENT for name in sorted(missing)}

    def _begin(self) -> None:
        for group in self._plan.groups:
            with self._supervisor.orders() as control:
                control.start(group)
        for name in self._plan.names:
            self._progress.show(name, "starting")

    def _answering(self, names: set[str]) -> set[str]:
        self._supervisor.check()
        with self._supervisor.orders() as control:
            statuses = control.statuses()
        ready: set[str] = set()
        for name in names:
            self._pids[name] |= {statuses[name].pid} - {0}
            if statuses[name].statename in _STOPPED:
                self._stopped.add(name)
            if len(self._pids[name]) > 1:
                self._progress.show(name, "failing")
            if len(self._pids[name]) > _TRIES and name not in self._plan.may_fail:
                raise failure(self._plan.home, name, f"stopped at {_TRIES} starts")
            self._problems[name] = readiness.SILENT
            if statuses[name].pid:
                self._problems[name] = readiness.problem(name, self._ports[name], path=self._plan.health_path)
            if not self._problems[name]:
                self._progress.show(name, "ready")
                ready.add(name)
        return ready

    def _problem_of_unneeded(self, name: str) -> str:
        """What its health path says; of one that stopped at a start, the end of its log; empty while it is silent."""
        if self._problems[name] != readiness.SILENT:
            return self._problems[name]
        if name not in self._stopped:
            return ""
        return " ".join(logs.last_lines(self._plan.home.log / f"{name}.log", 1))
