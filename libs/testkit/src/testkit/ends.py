"""What becomes of a worker whose step fails: for the tests of each worker, with the worker itself."""

from collections.abc import Callable, Coroutine
from typing import Any

from chassis import background
from chassis.background import Supervisor, Worker
from testkit.waiting import eventually


class Failing(Supervisor):
    """Raises the `faults`, one before each step, then lets the steps be."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__()
        self.faults = list(faults)

    def before_step(self, worker: Worker) -> None:  # noqa: ARG002  each worker has a supervisor of its own
        if self.faults:
            raise self.faults.pop(0)


async def assert_ends(make: Callable[[], Worker]) -> None:
    """An outage is waited out and counts for nothing; a bug makes unready until the next success; one that repeats ends
    the process. `make` gives a worker that has not run yet, whose steps succeed."""
    outage = make()
    async with Failing(ConnectionError(), ConnectionError()).running(outage):
        await eventually(_stepped(outage))
    assert (outage.outages, outage.bugs) == (2, 0)

    bug = make()
    bug.fail(KeyError("a bug"))
    assert bug.health() == (False, "failed: KeyError('a bug')")
    async with Failing(KeyError("a bug")).running(bug):
        await eventually(_stepped(bug))
        assert bug.health()[0]
    assert bug.bugs == 2

    hopeless, supervisor = make(), Failing(*[KeyError("a bug")] * (background.BUGS_MAX + 1))
    async with supervisor.running(hopeless):
        await supervisor.given_up.wait()


def _stepped(worker: Worker) -> Callable[[], Coroutine[Any, Any, bool]]:
    async def stepped() -> bool:
        return worker.steps > 0

    return stepped
