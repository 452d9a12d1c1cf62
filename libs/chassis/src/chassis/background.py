"""Background work: a `Worker` is a name, a step and what it waits for; one `Supervisor` runs those of a service.

A failed step is an outage (waited out), or a bug (logged, unready, and the end of the process when it repeats). An item
that cannot be handled is set aside by itself (`chassis.poison`) and fails no step.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final
from weakref import WeakSet

import structlog
from opentelemetry.metrics import CallbackOptions, Observation

from chassis import metrics
from chassis.outages import is_outage
from chassis.poison import SetAside

log = structlog.get_logger()

Step = Callable[[], Awaitable[bool | None]]
"""One bounded piece of work. True: there is more, go on without waiting."""
Session = Callable[[], AbstractAsyncContextManager[Step]]
"""What the steps share (a connection, a subscription): opened before the first, closed and reopened after a failure."""
Wait = Callable[[], Awaitable[object]]

BOUND_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 0.2
RETRY_SECONDS_MAX: Final = 5.0
BUGS_MAX: Final = 5
BUGS_SECONDS: Final = 60.0
STOP_SECONDS_MAX: Final = 20.0
CANCEL_SECONDS: Final = 5.0
"""How long a cancelled worker may take before it is told again: drivers swallow a cancel."""


class GaveUp(Exception):
    """A bug kept a worker from working for too long: the process must be started afresh."""


class Halt(Exception):
    """Raised by a step that must not go on until a person has looked: unready, tried again, but a new process would not
    help. The text says what is to be mended."""


def raise_if_cancelled() -> None:
    """Go no further when this task was cancelled and has not heard of it: a driver may answer a cancel with an error
    of its own, or with nothing at all."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def at_once() -> None:
    """For a step that does its own waiting, such as a blocking read."""
    await asyncio.sleep(0)


def every(seconds: float) -> Wait:
    """Wait for a fixed time."""
    return lambda: asyncio.sleep(seconds)


class WakeUp:
    """Wait until notified, or for `seconds`. A notification during a step is not lost."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._event = asyncio.Event()

    def notify(self) -> None:
        self._event.set()

    async def __call__(self, seconds: float | None = None) -> None:
        """For `seconds` at most this time."""
        if not self._event.is_set():
            try:
                async with asyncio.timeout(self._seconds if seconds is None else seconds):
                    await self._event.wait()
            except TimeoutError:
                pass
        self._event.clear()


class Worker:
    """One thing a service does by itself, again and again.

    It is unready when it has been working without success for `bound_seconds`: `inf` for what the service can do
    without while a dependency is away.
    """

    def __init__(
        self,
        name: str,
        step: Step | None = None,
        *,
        session: Session | None = None,
        wait: Wait = at_once,
        bound_seconds: float = BOUND_SECONDS,
        set_aside: SetAside | None = None,
    ) -> None:
        """Either a `step`, or a `session` that gives one."""
        self.name = name
        if step is not None:
            self.session: Session = lambda: nullcontext(step)
        elif session is not None:
            self.session = session
        else:
            raise ValueError("a worker needs a step or a session")
        self.wait = wait
        self.bound_seconds = bound_seconds
        self.set_aside = set_aside
        self.steps = self.outages = self.bugs = 0
        self.problem = ""
        self.succeeded_at: float | None = None
        """Unix time of the last success."""
        self.since: float | None = None
        """Monotonic time since when it has been working without success; None while it waits."""
        self.failed_in_a_row = 0
        self._bugs_at: deque[float] = deque(maxlen=BUGS_MAX)

    def begin(self) -> None:
        if self.since is None:
            self.since = time.monotonic()

    def succeed(self) -> None:
        self.steps += 1
        self.failed_in_a_row = 0
        self.problem = ""
        self.succeeded_at = time.time()
        self.since = None

    def fail(self, error: BaseException) -> bool:
        """Count and log it; True when this bug has repeated beyond the limit."""
        self.begin()
        self.failed_in_a_row += 1
        if is_outage(error):
            self.outages += 1
            log.warning("worker.waiting", worker=self.name, error=repr(error)[:300])
            return False
        self.problem = repr(error)[:200]
        if isinstance(error, Halt):
            log.error("worker.halted", worker=self.name, error=str(error))
            return False
        self.bugs += 1
        log.error("worker.failed", worker=self.name, exc_info=error)
        first = self._bugs_at[0] if len(self._bugs_at) == BUGS_MAX else None
        self._bugs_at.append(time.monotonic())
        return first is not None and self._bugs_at[-1] - first < BUGS_SECONDS

    def pause_seconds(self) -> float:
        """Until the next try: longer each time, and never the same for two copies."""
        longest = min(RETRY_SECONDS_MAX, RETRY_SECONDS * 2.0 ** min(self.failed_in_a_row, 10))
        return random.uniform(longest / 2, longest)  # noqa: S311  spreads load, hides nothing

    @property
    def poisoned(self) -> int:
        """Items that failed, each time counted."""
        return self.set_aside.total if self.set_aside is not None else 0

    def lag_seconds(self) -> float:
        """How long it has been working without success; 0 while it waits."""
        return 0.0 if self.since is None else time.monotonic() - self.since

    def health(self) -> tuple[bool, str]:
        """Whether it works, and how it is in words."""
        if self.problem:
            return False, f"failed: {self.problem}"
        if (lag := self.lag_seconds()) > self.bound_seconds:
            return False, f"no success for {lag:.0f} s"
        resting = len(self.set_aside) if self.set_aside is not None else 0
        return True, f"ok, {resting} set aside" if resting else "ok"


class Supervisor:
    """Runs the workers of a service, and decides what a failure means. `given_up` is set when one keeps failing."""

    def __init__(self, *workers: Worker) -> None:
        self.workers: list[Worker] = list(workers)
        self.given_up = asyncio.Event()
        self._running: list[Worker] = []
        self._gave_up_on = ""
        _supervisors.add(self)

    def health(self) -> dict[str, tuple[bool, str]]:
        """Every running worker by name."""
        return {f"worker {one.name}": one.health() for one in self._running}

    def raise_if_given_up(self) -> None:
        """Raises `GaveUp`."""
        if self.given_up.is_set():
            raise GaveUp(self._gave_up_on)

    @property
    def running_now(self) -> tuple[Worker, ...]:
        return tuple(self._running)

    @asynccontextmanager
    async def running(self, *workers: Worker) -> AsyncGenerator[None]:
        """Run these for as long as the block lasts."""
        tasks = [asyncio.create_task(self.run(one), name=one.name) for one in workers]
        try:
            yield
        finally:
            await _end(tasks)

    async def run(self, worker: Worker) -> None:
        """Until cancelled."""
        self._running.append(worker)
        try:
            while True:
                try:
                    async with worker.session() as step:
                        while True:
                            await self._step(worker, step)
                except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  it is classified and logged
                    raise_if_cancelled()  # a cancel of something else, such as a driver's own task, is a failure
                    self._failed(worker, error)
                await asyncio.sleep(worker.pause_seconds())
        finally:
            self._running.remove(worker)

    def _failed(self, worker: Worker, error: BaseException) -> None:
        if worker.fail(error):
            log.error("worker.given_up", worker=worker.name)
            self._gave_up_on = worker.name
            self.given_up.set()

    def before_step(self, worker: Worker) -> None:
        """Nothing; tests of faults raise here."""

    async def _step(self, worker: Worker, step: Step) -> None:
        raise_if_cancelled()
        worker.begin()
        self.before_step(worker)
        more = await step()
        worker.succeed()
        if more is not True:
            await worker.wait()


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    """Cancel, and cancel again where a driver swallowed it."""
    pending = set(tasks)
    until = time.monotonic() + STOP_SECONDS_MAX
    while pending and time.monotonic() < until:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    if pending:
        log.error("worker.does_not_end", workers=sorted(task.get_name() for task in pending))


_supervisors: Final["WeakSet[Supervisor]"] = WeakSet()
"""Whose workers are measured; a process has one, a test process several."""


def _workers() -> list[Worker]:
    return [worker for supervisor in tuple(_supervisors) for worker in supervisor.running_now]


def _steps(_: CallbackOptions) -> list[Observation]:
    return [Observation(one.steps, {"worker": one.name}) for one in _workers()]


def _failures(_: CallbackOptions) -> list[Observation]:
    return [
        Observation(count, {"worker": one.name, "kind": kind})
        for one in _workers()
        for kind, count in (("outage", one.outages), ("bug", one.bugs), ("poison", one.poisoned))
    ]


def _lag(_: CallbackOptions) -> list[Observation]:
    return [Observation(one.lag_seconds(), {"worker": one.name}) for one in _workers()]


def _last_success(_: CallbackOptions) -> list[Observation]:
    return [Observation(one.succeeded_at, {"worker": one.name}) for one in _workers() if one.succeeded_at is not None]


metrics.observed("chassis_worker_steps", "Steps that succeeded", _steps, grows=True)
metrics.observed("chassis_worker_failures", "Failures, by kind: outage, bug, poison", _failures, grows=True)
metrics.observed("chassis_worker_lag_seconds", "How long the worker has been working without success", _lag)
metrics.observed("chassis_worker_last_success_seconds", "Unix time of the last step that succeeded", _last_success)
