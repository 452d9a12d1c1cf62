"""Close codes, moves and kicks: what ends a connection, what does not, and what is heard afterwards."""

import time

import msgspec
import pytest

import voice
from discord_sim.entities import VoiceServer
from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.service import VoiceService
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from voice import Closed, Moved, Reason, Reconnected, Reconnecting

from .conftest import LIMITS, Hall

PACE = 0.002


async def closed(hall: Hall) -> Closed:
    await until(lambda: hall.connection.closed)
    found = hall.connection.closed
    assert found
    assert hall.heard[-1] == found
    return found


class TestAResumedSession:
    @pytest.mark.parametrize("code", [1006, 4015])
    async def test_loses_nothing_that_was_said_meanwhile(self, hall: Hall, code: int) -> None:
        hall.faults.remove_severed = False
        ada, bela = hall.person("ada", dave=LibdaveMember), hall.person("bela")
        await hall.gather(ada)

        hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=code)
        await ada.say(babble(20, seed=1), pace_seconds=PACE)
        await hall.join(bela)
        await bela.say(babble(20, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada, bela)
        assert [heard.resumed for heard in hall.happened(Reconnected)] == [True]

    async def test_is_asked_for_when_heartbeats_go_unanswered(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        hall.faults.remove_severed = False

        hall.sim.voice.ignore_heartbeats = True
        await until(lambda: hall.happened(Reconnecting))
        hall.sim.voice.ignore_heartbeats = False
        await until(lambda: hall.happened(Reconnected))
        await ada.say(babble(5, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)


class TestANewSession:
    @pytest.mark.parametrize("code", [4006, 4009])
    async def test_follows_one_that_is_not_valid_any_more(self, hall: Hall, code: int) -> None:
        ada, bela = hall.person("ada"), hall.person("bela")
        await hall.gather(ada, bela)

        hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=code)
        await until(lambda: hall.happened(Reconnected))
        await until(lambda: hall.bot_id in hall.sim.voice.members(hall.channel_id))
        await together(ada, bela)
        await ada.say(babble(10, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert [heard.resumed for heard in hall.happened(Reconnected)] == [False]

    async def test_follows_when_the_voice_server_is_changed(self, hall: Hall) -> None:
        ada, bela = hall.person("ada"), hall.person("bela")
        await hall.gather(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        allocate = hall.sim.voice.move_server(hall.guild_id)
        await until(lambda: hall.happened(Reconnecting))
        allocate()
        await until(lambda: hall.happened(Reconnected))
        await until(lambda: hall.bot_id in hall.sim.voice.members(hall.channel_id))
        await together(ada, bela)
        await ada.say(babble(10, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada)

    async def test_follows_when_the_bot_is_moved(self, hall: Hall) -> None:
        ada, bela = hall.person("ada"), hall.person("bela")
        await hall.connect()
        ada.join(hall.other_channel_id)
        bela.join(hall.other_channel_id)
        await together(ada, bela)

        hall.sim.world.move_voice(hall.guild_id, user_id=hall.bot_id, channel_id=hall.other_channel_id)
        await until(lambda: hall.bot_id in hall.sim.voice.members(hall.other_channel_id))
        await together(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert hall.happened(Moved) == [Moved(hall.other_channel_id)]
        assert hall.connection.channel_id == hall.other_channel_id


class TestBackingOff:
    @pytest.mark.parametrize("code", [4006, 1006])
    async def test_goes_on_across_sessions_that_do_not_last(self, hall: Hall, code: int) -> None:
        limits = msgspec.structs.replace(LIMITS, first_backoff_seconds=0.05, resume_attempts=100)
        await hall.connect(limits=limits)
        pauses: list[float] = []

        for number in range(1, 6):
            broke = time.monotonic()
            hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=code)
            await until(lambda number=number: len(hall.happened(Reconnected)) == number)
            pauses.append(time.monotonic() - broke)

        assert all(pause >= 0.05 * 2**number for number, pause in enumerate(pauses, start=1))

    async def test_is_over_once_a_session_has_lasted(self, hall: Hall) -> None:
        """After three that did not, the next pause would be longer than any test waits."""
        await hall.connect(
            limits=msgspec.structs.replace(
                LIMITS, first_backoff_seconds=0.01, longest_backoff_seconds=1e6, steady_seconds=0.0
            )
        )

        for number in range(1, 16):
            hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=1006)
            await until(lambda number=number: len(hall.happened(Reconnected)) == number)


class TestTheEnd:
    @pytest.mark.parametrize(
        ("code", "reason"),
        [(4021, Reason.RATE_LIMITED), (4022, Reason.CALL_ENDED), (4017, Reason.REFUSED), (4014, Reason.DISCONNECTED)],
    )
    async def test_comes_with_codes_after_which_nobody_may_reconnect(
        self, hall: Hall, code: int, reason: Reason
    ) -> None:
        await hall.connect()

        hall.sim.voice.disconnect(hall.guild_id, hall.bot_id, code=code)

        ended = await closed(hall)
        assert (ended.reason, ended.close_code) == (reason, code)
        assert hall.guild_id not in hall.bot.voice.connections

    async def test_comes_with_being_kicked(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)

        await ada.say(babble(10, seed=1), pace_seconds=0, end=False)
        hall.sim.world.leave_voice(hall.guild_id, user_id=hall.bot_id)

        assert (await closed(hall)).reason is Reason.DISCONNECTED

    async def test_comes_with_leaving(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        await hall.connection.disconnect()

        ended = await closed(hall)
        assert (ended.reason, ended.close_code) == (Reason.REQUESTED, None)
        assert not hall.missing(ada)
        await until(lambda: (hall.guild_id, hall.bot_id) not in hall.sim.world.voice_states)

    async def test_comes_when_no_voice_server_is_given_in_time(self, hall: Hall) -> None:
        await hall.connect()

        hall.sim.voice.move_server(hall.guild_id)

        assert (await closed(hall)).reason is Reason.UNREACHABLE


class TestConnecting:
    async def test_waits_while_there_is_no_voice_server(self, hall: Hall) -> None:
        world, service = hall.sim.world, hall.sim.voice
        full = NoServers(until_refused=1, service=service)
        world.voice = full
        try:
            await hall.connect()
        finally:
            world.voice = service

        assert full.refused == 1
        assert hall.connection.is_alive

    async def test_says_why_it_could_not(self, hall: Hall) -> None:
        hall.sim.voice.modes = ["something_new"]

        with pytest.raises(voice.CouldNotConnect, match="refused"):
            await hall.connect()

        assert hall.guild_id not in hall.bot.voice.connections

    async def test_again_after_the_main_session_was_lost(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)

        hall.sim.gateway.invalidate(hall.bot_id)
        assert (await closed(hall)).reason is Reason.DISCONNECTED
        await hall.sim.ready(hall.bot_id)
        await hall.connect()
        await together(ada)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)

    async def test_is_not_disturbed_by_a_resume_of_the_main_session(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)

        hall.sim.gateway.drop(hall.bot_id)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert not hall.happened(Reconnecting)


class NoServers:
    """A voice half whose first answers are null endpoints."""

    def __init__(self, *, until_refused: int, service: VoiceService) -> None:
        self.refused, self._until, self._service = 0, until_refused, service

    def admit(self, guild_id: int, user_id: int, session_id: str) -> VoiceServer:
        if self.refused < self._until:
            self.refused += 1
            return VoiceServer(endpoint=None, token="none")
        return self._service.admit(guild_id, user_id, session_id)

    def dismiss(self, guild_id: int, user_id: int) -> None:
        self._service.dismiss(guild_id, user_id)
