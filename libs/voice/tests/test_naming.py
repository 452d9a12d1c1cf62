"""What is missing is named, to the frame, however a connection breaks or ends; and nothing else is named."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

import voice
from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.people import Person
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from testkit.naming import Listening, Naming
from voice import Cause, EncryptionLost, EncryptionRestored, Outage, Reason, Reconnected
from voice.encryption import Libdave

from .conftest import LIMITS, Hall

PACE = 0.01
TALKSPURT = 10
SOME_TIME = 0.3
QUICK = msgspec.structs.replace(
    LIMITS, hold_seconds=1.0, answer_seconds=1.0, first_recovery_seconds=0.5, longest_recovery_seconds=1.0
)
Break = Callable[[Hall], Awaitable[None]]


@asynccontextmanager
async def talking(*people: Person) -> AsyncGenerator[None]:
    """They go on talking, also when they have to connect again."""
    seeds = itertools.count(1_000)

    async def talk(person: Person) -> None:
        while True:
            if person.session:
                await person.say(babble(TALKSPURT, seed=next(seeds)), pace_seconds=PACE, end=False)
            else:
                await asyncio.sleep(PACE)

    tasks = [asyncio.create_task(talk(person)) for person in people]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def cut(hall: Hall) -> None:
    hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=1006)
    await until(lambda: hall.happened(Reconnected))
    await until(lambda: hall.happened(EncryptionRestored))


async def crash(hall: Hall) -> None:
    hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=4015)
    await until(lambda: hall.happened(Reconnected))
    await until(lambda: hall.happened(EncryptionRestored))


async def invalidate(hall: Hall) -> None:
    hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=4006)
    await until(lambda: hall.happened(Reconnected))


async def invalidate_unanswered(hall: Hall) -> None:
    """The leaving and the joining are both ignored."""
    hall.sim.faults.gateway.unanswered_joins = 2
    await invalidate(hall)


async def change_server(hall: Hall) -> None:
    allocate = hall.sim.voice.move_server(hall.guild_id)
    await asyncio.sleep(SOME_TIME)
    allocate()
    await until(lambda: hall.happened(Reconnected))


async def change_server_unannounced(hall: Hall) -> None:
    """4022, and much later a server update."""
    allocate = hall.sim.voice.move_server(hall.guild_id, announced=False)
    await asyncio.sleep(SOME_TIME)
    allocate()
    await until(lambda: hall.happened(Reconnected))


async def move_away_and_back(hall: Hall) -> None:
    for number, channel_id in enumerate((hall.other_channel_id, hall.channel_id), start=1):
        hall.sim.world.move_voice(hall.guild_id, user_id=hall.bot_id, channel_id=channel_id)
        await until(lambda number=number: len(hall.happened(Reconnected)) == number)
        await asyncio.sleep(SOME_TIME)


async def move_away_and_back_at_once(hall: Hall) -> None:
    for channel_id in (hall.other_channel_id, hall.channel_id):
        hall.sim.world.move_voice(hall.guild_id, user_id=hall.bot_id, channel_id=channel_id)
    await until(lambda: hall.happened(Reconnected))


async def cut_off(hall: Hall) -> None:
    """The socket is well, and nothing comes by UDP any more."""
    hall.faults.cut_off.add(hall.bot_id)
    await until(lambda: hall.happened(voice.Reconnecting))
    hall.faults.cut_off.clear()
    await until(lambda: hall.happened(Reconnected))


async def kick(hall: Hall) -> None:
    hall.sim.world.leave_voice(hall.guild_id, user_id=hall.bot_id)
    await until(lambda: hall.connection.closed)


async def rate_limit(hall: Hall) -> None:
    hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=4021)
    await until(lambda: hall.connection.closed)


async def lose_main_session(hall: Hall) -> None:
    hall.sim.gateway.invalidate(hall.bot_id)
    await until(lambda: hall.connection.closed)
    await hall.sim.ready(hall.bot_id)


async def leave(hall: Hall) -> None:
    await hall.connection.disconnect()


BREAKS: list[Break] = [
    cut,
    crash,
    invalidate,
    invalidate_unanswered,
    change_server,
    change_server_unannounced,
    move_away_and_back,
    move_away_and_back_at_once,
    cut_off,
    kick,
    rate_limit,
    lose_main_session,
    leave,
]


async def listen(hall: Hall, *people: Person, limits: voice.Limits = QUICK) -> Listening:
    listening = Listening(hall.heard)
    await hall.connect(limits=limits, listener=listening)
    await hall.join(*people)
    return listening


def check(naming: Naming, hall: Hall, *people: Person) -> None:
    sent = [each for person in people for each in hall.sim.voice.ledger.voiced(person.user_id)]
    assert sent
    assert naming.unnamed(sent) == []
    assert naming.misnamed(sent) == []
    assert naming.heard_in_spans() == []


class TestWhatIsMissing:
    @pytest.mark.parametrize("break_it", BREAKS, ids=lambda each: each.__name__)
    @pytest.mark.parametrize("sender_first", [False, True], ids=["op4first", "op25first"])
    async def test_is_named_however_it_broke(self, hall: Hall, break_it: Break, sender_first: bool) -> None:
        hall.faults.sender_first = sender_first
        ada, bela = hall.person("ada"), hall.person("bela", dave=LibdaveMember)
        pings = 0.5 if break_it is cut_off else QUICK.ping_seconds
        listening = await listen(hall, ada, bela, limits=msgspec.structs.replace(QUICK, ping_seconds=pings))

        async with talking(ada, bela):
            await asyncio.sleep(SOME_TIME)
            await break_it(hall)
            await asyncio.sleep(SOME_TIME)
        if hall.connection.is_alive:
            await together(ada, bela)
            await ada.say(babble(TALKSPURT, seed=1), pace_seconds=PACE)
            await bela.say(babble(TALKSPURT, seed=2), pace_seconds=PACE)
            await asyncio.sleep(QUICK.hold_seconds + SOME_TIME)
        await hall.connection.disconnect()

        check(listening.naming(home=hall.channel_id), hall, ada, bela)

    async def test_is_named_when_the_receiver_fails(self, hall: Hall) -> None:
        """A bug ends the connection with its error; it does not leave it deaf with a beating heart."""

        class Failing(Libdave):
            fails = False

            def restart(self) -> bytes | None:
                if self.fails:
                    raise ZeroDivisionError("a bug")
                return super().restart()

        ada, bela = hall.person("ada"), hall.person("bela")
        listening = Listening(hall.heard)
        await hall.connect(limits=QUICK, listener=listening, end_to_end=Failing)
        await hall.join(ada, bela)

        async with talking(ada, bela):
            await asyncio.sleep(SOME_TIME)
            Failing.fails = True
            hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=4015)
            await until(lambda: hall.connection.closed)

        closed, error = hall.connection.closed, hall.connection.error
        assert closed
        assert closed.reason is Reason.FAILED
        assert isinstance(error, ZeroDivisionError)
        check(listening.naming(home=hall.channel_id), hall, ada, bela)


class TestAnOutage:
    async def test_begins_when_voice_was_last_good(self, hall: Hall) -> None:
        ada, bela = hall.person("ada"), hall.person("bela")
        await listen(hall, ada, bela)
        await ada.say(babble(TALKSPURT, seed=1), pace_seconds=PACE, end=False)
        await hall.hears_all(ada)

        await invalidate(hall)

        [outage] = hall.happened(Outage)
        assert outage.since_ns >= hall.frames(ada)[-1].arrived_ns


class TestEncryption:
    async def test_is_found_again_after_the_bot_was_taken_out_of_the_group(self, hall: Hall) -> None:
        ada, bela = hall.person("ada"), hall.person("bela", dave=LibdaveMember)
        await listen(hall, ada, bela)

        async with talking(ada, bela):
            await crash(hall)

        assert hall.connection.recoveries >= 1
        [lost, *_] = hall.happened(EncryptionLost)
        [restored] = hall.happened(EncryptionRestored)
        assert lost.since_ns < restored.at_ns
        assert lost.attempts == 1

    async def test_is_not_asked_for_for_ever(self, hall: Hall) -> None:
        ada = hall.person("ada")
        limits = msgspec.structs.replace(
            QUICK, first_recovery_seconds=0.01, longest_recovery_seconds=0.02, recovery_attempts=3, hold_seconds=0.1
        )
        await listen(hall, ada, limits=limits)
        sealed_for_nobody = bytes(60) + b"\x0d\xfa\xfa"

        await ada.say([sealed_for_nobody] * 400, pace_seconds=PACE, plaintext=True, end=False)

        await until(lambda: hall.connection.counts()[ada.user_id].dropped.get(Cause.UNDECRYPTABLE, 0) >= 300)
        assert [lost.attempts for lost in hall.happened(EncryptionLost)] == [1, 2, 3]
