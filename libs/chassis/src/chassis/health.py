"""`/livez` (no dependencies), `/readyz` (each dependency and worker by name, time-bounded, kept 1 s), `/startupz`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from litestar import Response, get

from chassis.background import Supervisor

Check = Callable[[], Awaitable[str | None]]
"""Raises when the dependency is away. A returned text says how it is (for example why a bot idles)."""

CHECK_SECONDS_MAX: Final = 2.0
KEPT_SECONDS: Final = 1.0


class Health(msgspec.Struct, frozen=True):
    """`status` is "ok" or "failing"; `checks` has a line for every dependency and worker: "ok", or what is wrong."""

    status: str
    checks: dict[str, str] = {}


class Readiness:
    """Asks every dependency, at most once a second, all at the same time, and names every worker."""

    def __init__(self, checks: Mapping[str, Check], supervisor: Supervisor | None = None) -> None:
        self._checks = checks
        self._supervisor = supervisor or Supervisor()
        self._last: tuple[float, Health] | None = None
        self._asking = asyncio.Lock()

    async def ask(self) -> Health:
        """How every dependency is; the same answer for a second."""
        async with self._asking:
            if self._last is None or time.monotonic() - self._last[0] > KEPT_SECONDS:
                answers = await asyncio.gather(*(self._one(check) for check in self._checks.values()))
                found = dict(zip(self._checks, answers, strict=True)) | self._supervisor.health()
                good = all(ok for ok, _ in found.values())
                texts = {name: text for name, (_, text) in found.items()}
                self._last = time.monotonic(), Health("ok" if good else "failing", texts)
            return self._last[1]

    async def _one(self, check: Check) -> tuple[bool, str]:
        try:
            async with asyncio.timeout(CHECK_SECONDS_MAX):
                return True, await check() or "ok"
        except TimeoutError:
            return False, f"no answer within {CHECK_SECONDS_MAX:g} s"
        except Exception as error:  # noqa: BLE001  whatever a dependency does, the answer is that it is away
            return False, f"{type(error).__name__}: {error}"[:200]


@get("/livez", include_in_schema=False)
async def livez() -> Health:
    """The process answers; what it depends on is not asked."""
    return Health("ok")


def routes_for(checks: Mapping[str, Check], supervisor: Supervisor | None = None) -> list[object]:
    """The three health paths of a service."""
    readiness = Readiness(checks, supervisor)

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[Health]:
        health = await readiness.ask()
        return Response(health, status_code=200 if health.status == "ok" else 503)

    @get("/startupz", include_in_schema=False)
    async def startupz() -> Health:
        return Health("ok")  # Reached only after the lifespan's start, which is all there is to wait for.

    return [livez, readyz, startupz]
