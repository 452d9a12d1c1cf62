"""Readiness tells the truth about each dependency, within bounds."""

import asyncio

from chassis import health


class TestReadiness:
    async def test_names_the_dependency_that_is_away(self) -> None:
        async def good() -> None: ...

        async def bad() -> None:
            raise ConnectionRefusedError("nobody there")

        answer = await health.Readiness({"redis": good, "postgres": bad}).ask()

        assert answer.status == "failing"
        assert answer.checks["redis"] == "ok"
        assert "nobody there" in answer.checks["postgres"]

    async def test_does_not_wait_for_one_that_hangs(self) -> None:
        async def hang() -> None:
            await asyncio.Event().wait()

        async with asyncio.timeout(health.CHECK_SECONDS_MAX + 20):
            answer = await health.Readiness({"store": hang}).ask()

        assert answer.status == "failing"

    async def test_asks_at_most_once_a_second(self) -> None:
        asked = 0

        async def count() -> str:
            nonlocal asked
            asked += 1
            return "idle: no token"

        readiness = health.Readiness({"discord": count})
        answers = await asyncio.gather(*(readiness.ask() for _ in range(50)))

        assert asked == 1
        assert answers[0].checks == {"discord": "idle: no token"}
