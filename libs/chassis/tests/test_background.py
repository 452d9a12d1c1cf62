"""Three different ends: an outage is waited out, an item is set aside by itself, a bug makes unready and ends all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import InterfaceError

from chassis import background, poison
from chassis.background import GaveUp, Halt, Step, Supervisor, WakeUp, Worker
from chassis.health import Readiness
from chassis.poison import SetAside
from testkit.waiting import eventually


class Counting:
    """A step that fails with what it is given, as long as there is something."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.done = 0
        self.woken = WakeUp()

    async def step(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done += 1

    def worker(self) -> Worker:
        return Worker("counting", self.step, wait=self.woken)

    async def has_done(self) -> bool:
        return self.done > 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS_MAX", 0.01)
    monkeypatch.setattr(background, "CANCEL_SECONDS", 0.05)


class TestAnOutage:
    async def test_is_tried_again_until_it_is_over_and_changes_nothing(self) -> None:
        counting, supervisor = Counting(*[ConnectionError()] * 20), Supervisor()
        worker = counting.worker()

        async with supervisor.running(worker):
            await eventually(counting.has_done)

        assert (worker.outages, worker.bugs, worker.steps) == (20, 0, 1)
        assert not supervisor.given_up.is_set()

    async def test_makes_unready_when_it_lasts_longer_than_the_bound(self) -> None:
        async def away() -> None:
            raise ConnectionError

        supervisor = Supervisor()
        patient = Worker("patient", away)
        impatient = Worker("impatient", away, bound_seconds=0)
        async with supervisor.running(patient, impatient):

            async def both_failed() -> bool:
                return bool(patient.outages and impatient.outages)

            await eventually(both_failed)
            health = await Readiness({}, supervisor).ask()

        assert health.status == "failing"
        assert health.checks["worker patient"] == "ok"
        assert "no success" in health.checks["worker impatient"]

    async def test_reopens_the_session(self) -> None:
        opened, counting = 0, Counting(ConnectionError(), ConnectionError())

        @asynccontextmanager
        async def session() -> AsyncGenerator[Step]:
            nonlocal opened
            opened += 1
            yield counting.step

        async with Supervisor().running(Worker("counting", session=session, wait=counting.woken)):
            await eventually(counting.has_done)

        assert opened == 3


class TestABug:
    async def test_names_the_worker_until_it_has_succeeded_again(self) -> None:
        counting, supervisor = Counting(KeyError("lost")), Supervisor()
        readiness = Readiness({}, supervisor)
        worker = counting.worker()
        worker.fail(KeyError("lost"))

        assert worker.health() == (False, "failed: KeyError('lost')")
        async with supervisor.running(worker):
            await eventually(counting.has_done)
            assert (await readiness.ask()).checks == {"worker counting": "ok"}

    async def test_that_repeats_gives_up(self) -> None:
        counting, supervisor = Counting(*[KeyError("lost")] * 20), Supervisor()

        async with supervisor.running(counting.worker()):
            await supervisor.given_up.wait()

        with pytest.raises(GaveUp, match="counting"):
            supervisor.raise_if_given_up()

    async def test_once_in_a_while_does_not_give_up(self) -> None:
        counting, supervisor = Counting(*[KeyError("lost")] * background.BUGS_MAX), Supervisor()

        async with supervisor.running(counting.worker()):
            await eventually(counting.has_done)

        assert not supervisor.given_up.is_set()

    async def test_of_one_worker_leaves_the_others_at_work(self) -> None:
        bad, good, supervisor = Counting(*[KeyError("lost")] * 3), Counting(), Supervisor()

        async with supervisor.running(bad.worker(), good.worker()):
            await eventually(good.has_done)
            await eventually(bad.has_done)

    async def test_may_be_a_cancel_that_nobody_asked_for(self) -> None:
        counting = Counting(asyncio.CancelledError())
        worker = counting.worker()

        async with Supervisor().running(worker):
            await eventually(counting.has_done)

        assert worker.bugs == 1


class TestAHalt:
    async def test_makes_unready_and_never_ends_the_process(self) -> None:
        counting, supervisor = Counting(*[Halt("mend me")] * 20), Supervisor()
        worker = counting.worker()

        async with supervisor.running(worker):
            await eventually(counting.has_done)

        assert worker.bugs == 0
        assert not supervisor.given_up.is_set()


class TestAnItem:
    async def test_is_set_aside_by_itself_while_the_rest_goes_on(self) -> None:
        aside, done = SetAside("items"), list[int]()

        async def step() -> None:
            for item in range(5):
                with aside.handling(item):
                    if item == 2:
                        raise ValueError("poisoned")
                    done.append(item)

        worker = Worker("items", step, wait=WakeUp(), set_aside=aside)
        async with Supervisor().running(worker):

            async def stepped() -> bool:
                return worker.steps == 1

            await eventually(stepped)

        assert done == [0, 1, 3, 4]
        assert aside.resting() == [2]
        assert worker.health() == (True, "ok, 1 set aside")

    def test_rests_longer_each_time_and_is_forgotten_when_it_succeeds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = 0.0
        monkeypatch.setattr(poison.time, "monotonic", lambda: clock)
        aside, rests = SetAside("items", first_seconds=10, seconds_max=35), list[float]()

        for _ in range(4):
            with aside.handling("a"):
                raise ValueError
            began = clock
            while aside.is_resting("a"):
                clock += 5
            rests.append(clock - began)
        with aside.handling("a"):
            pass

        assert rests == [10, 20, 35, 35]
        assert len(aside) == 0

    def test_is_not_blamed_for_an_outage(self) -> None:
        aside = SetAside("items")

        with pytest.raises(ConnectionError), aside.handling("a"):
            raise ConnectionError

        assert aside.resting() == []

    def test_is_not_the_fault_when_too_many_fail(self) -> None:
        aside = SetAside("items", per_minute_max=3)

        for item in range(3):
            with aside.handling(item):
                raise ValueError
        with pytest.raises(ValueError, match="the fourth"), aside.handling(3):
            raise ValueError("the fourth")


class TestAStop:
    async def test_ends_a_step_whose_driver_takes_it_for_an_outage(self) -> None:
        asked = asyncio.Event()

        async def step() -> None:
            asked.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise InterfaceError("select 1", None, OSError("the underlying connection is closed")) from None

        async with asyncio.timeout(10), Supervisor().running(Worker("masking", step)):
            await asked.wait()

    async def test_ends_a_step_that_swallows_it_and_goes_on(self) -> None:
        asked, swallowed = asyncio.Event(), 0

        async def step() -> None:
            nonlocal swallowed
            while swallowed < 3:
                asked.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    swallowed += 1

        async with asyncio.timeout(10), Supervisor().running(Worker("swallowing", step)):
            await asked.wait()

        assert swallowed == 3


class TestWakeUp:
    async def test_a_notification_during_a_step_is_not_lost(self) -> None:
        woken = WakeUp()
        woken.notify()

        async with asyncio.timeout(10):
            await woken()

    async def test_waits_no_longer_than_it_was_told(self) -> None:
        async with asyncio.timeout(10):
            await WakeUp(0.01)()
