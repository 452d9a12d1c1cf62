"""A person lists what a group has given up, sends it through again, or drops it."""

from collections.abc import Sequence

import msgspec
import pytest
from redis.asyncio import Redis

from chassis.background import Supervisor
from chassis.settings import Secret
from contracts.events import Envelope
from contracts.ids import new_id
from contracts.times import now
from streams import bus, dead_letters
from streams.consumer import ConsumerGroup, ConsumerSettings
from testkit.waiting import eventually

from .conftest import STREAM, Happened

QUICK = ConsumerSettings(failures_max=1, retry_seconds=0.05, block_ms=20, dead_letters_per_minute_max=3)


class Settings(msgspec.Struct):
    """Where Redis is."""

    redis_url: Secret


class Group:
    """Handles numbers, while it is not `broken`."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.broken = True
        self.handled: list[int] = []
        self.worker = ConsumerGroup(
            redis, streams=[STREAM], group="counting", effect=self.effect, settings=QUICK
        ).worker()

    async def effect(self, envelope: Envelope) -> None:
        if self.broken:
            raise ValueError("poisoned")
        self.handled.append(envelope.seq)

    async def put(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            data = msgspec.Raw(msgspec.json.encode(Happened(number=number)))
            envelope = Envelope(id=new_id(), type=Happened.TYPE, topic="a", seq=number, at=now(), data=data)
            await bus.add(bus.DedicatedConnection(self.redis), STREAM, [envelope], marker="unused")

    async def dead(self) -> int:
        return int(await self.redis.xlen(dead_letters.key_of(STREAM, "counting")))


@pytest.fixture
def group(redis: Redis) -> Group:
    return Group(redis)


async def call(redis_url: Secret, *arguments: str) -> None:
    await dead_letters.command("counting")(Settings(redis_url), arguments)


class TestDeadLetters:
    async def test_are_listed_and_have_their_effect_when_retried(
        self, group: Group, redis_url: Secret, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def both_dead() -> bool:
            return await group.dead() == 2

        async def both_handled() -> bool:
            return group.handled == [1, 2]

        async with Supervisor().running(group.worker):
            await group.put([1, 2])
            await eventually(both_dead)
            group.broken = False
            capsys.readouterr()  # what was logged
            await call(redis_url, "list")
            await call(redis_url, "retry", "all")
            listed = capsys.readouterr().out
            await eventually(both_handled)

        assert listed.count("ValueError('poisoned')") == 4
        assert await group.dead() == 0

    async def test_are_dropped_one_by_one(
        self, group: Group, redis_url: Secret, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def both_dead() -> bool:
            return await group.dead() == 2

        async with Supervisor().running(group.worker):
            await group.put([1, 2])
            await eventually(both_dead)
        capsys.readouterr()  # what was logged
        await call(redis_url, "list")
        first = capsys.readouterr().out.split()[0]

        await call(redis_url, "drop", first)

        assert await group.dead() == 1

    async def test_says_how_it_is_called(self, redis_url: Secret, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            await call(redis_url, "bury")

        assert "retry ID|all" in capsys.readouterr().err


class TestTooMany:
    async def test_stop_the_group_and_make_it_unready_until_one_succeeds(self, group: Group) -> None:
        supervisor = Supervisor()

        async def halted() -> bool:
            return "too many dead letters" in group.worker.problem

        async def rest_handled() -> bool:
            return group.handled == [4, 5, 6, 7, 8]

        async with supervisor.running(group.worker):
            await group.put(range(1, 9))
            await eventually(halted)
            assert not group.worker.health()[0]
            assert await group.dead() == 3

            group.broken = False
            await eventually(rest_handled)

        assert await group.dead() == 3
        assert not supervisor.given_up.is_set()
