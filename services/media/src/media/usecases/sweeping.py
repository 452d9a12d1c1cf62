"""What media does by itself, each kind in a worker of its own: none waits for another."""

import math
from collections.abc import Collection, Hashable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import idempotency
from chassis.background import Step, WakeUp, Worker
from chassis.poison import SetAside
from media.clients.objects import Objects
from media.settings import Settings
from media.usecases.abandoning import Abandoning, Hearing
from media.usecases.discarding import Discarding, Shows
from media.usecases.erasing import Erasing, Removing
from media.usecases.sealing import Resumming, Sealing

ItemT = TypeVar("ItemT", bound=Hashable)


class Task(Protocol[ItemT]):
    """One kind of work on items that do not depend on each other."""

    name: ClassVar[str]

    async def next(self, resting: Collection[Hashable]) -> ItemT | None:
        """The item that has been due for longest, none of those that are resting; None when nothing is due."""
        ...

    async def handle(self, item: ItemT) -> None:
        """Do it. Several processes may at once, and it may be repeated after any failure."""
        ...


class Sweeper(Generic[ItemT]):
    """Does what is due of one task. An item that cannot be handled is set aside by itself, and tried again later."""

    def __init__(self, task: Task[ItemT], *, seconds: float) -> None:
        self._task = task
        self._set_aside = SetAside(task.name)
        self.wake_up = WakeUp(seconds)

    async def step(self) -> bool:
        """Handle the next item; False when none is due."""
        item = await self._task.next(self._set_aside.resting())
        if item is None:
            return False
        with self._set_aside.handling(item):
            await self._task.handle(item)
        return True

    def worker(self) -> Worker:
        return Worker(self._task.name, self.step, wait=self.wake_up, bound_seconds=math.inf, set_aside=self._set_aside)


class Sweepers:
    """All of them. `wake` when there may be something to do."""

    def __init__(
        self,
        engine: AsyncEngine,
        objects: Objects,
        settings: Settings,
        *,
        hearing: Hearing,
        shows: Shows | None = None,
    ) -> None:
        """Without `shows` what was attached, and never heard of again, is taken for shown by no message."""
        self._engine = engine
        self._settings = settings
        self._keys_wake_up = WakeUp(settings.sweep_seconds)
        seconds = settings.sweep_seconds
        self._sweepers: tuple[Sweeper[Any], ...] = (
            Sweeper(Abandoning(engine, settings, hearing), seconds=seconds),
            Sweeper(Erasing(engine, objects, settings), seconds=seconds),
            Sweeper(Discarding(engine, objects, shows=shows), seconds=seconds),
            Sweeper(Sealing(engine, objects), seconds=seconds),
            Sweeper(Resumming(engine, objects), seconds=seconds),
            Sweeper(Removing(engine, objects, settings), seconds=seconds),
        )

    def wake(self) -> None:
        for one in self._sweepers:
            one.wake_up.notify()

    def workers(self) -> list[Worker]:
        keys = Worker("idempotency keys", self._forget_keys, wait=self._keys_wake_up, bound_seconds=math.inf)
        return [*(one.worker() for one in self._sweepers), keys]

    async def sweep(self) -> None:
        """Everything that is due, once."""
        steps: list[Step] = [one.step for one in self._sweepers]
        for step in steps:
            while await step():
                pass

    async def _forget_keys(self) -> None:
        async with self._engine.begin() as connection:
            await idempotency.forget(connection, kept_days=self._settings.idempotency_keys_kept_days, limit=1000)
