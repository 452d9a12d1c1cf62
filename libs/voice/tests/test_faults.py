"""Every fault that was seen in the field: reception goes on after it, and the accounts add up (checked after each)."""

import msgspec
import pytest

import voice
from discord_sim.voice.members import Bystander, DaveyMember, LibdaveMember, MakeMember
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from voice import Cause, Gap

from .conftest import LIMITS, Hall

STACKS = [DaveyMember, LibdaveMember]
PACE = 0.002


class TestBrokenPackets:
    @pytest.mark.parametrize("fault", ["padding", "extension", "foreign", "near_zero", "duplicate", "reorder"])
    async def test_lose_nothing_that_was_said(self, hall: Hall, fault: str) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        setattr(hall.faults, fault, 0.3)

        await ada.say(babble(60, seed=3), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert [frame.opus for frame in hall.frames(ada)][:60] == babble(60, seed=3)

    async def test_are_dropped_by_their_cause(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(1, seed=1), pace_seconds=PACE, end=False)
        await hall.hears_all(ada)
        hall.faults.foreign = hall.faults.near_zero = hall.faults.duplicate = 1.0

        await ada.say(babble(10, seed=3), pace_seconds=PACE, end=False)

        await hall.hears_all(ada)
        await until(lambda: hall.connection.counts()[None].dropped.get(Cause.UNKNOWN_SPEAKER))
        nobody, hers = hall.connection.counts()[None], hall.connection.counts()[ada.user_id]
        assert nobody.dropped[Cause.NOT_AUDIO] == 10
        assert nobody.dropped[Cause.MALFORMED] > 0
        assert (hers.delivered, hers.dropped) == (11, {Cause.DUPLICATE: 10})

    async def test_that_no_key_opens_are_a_named_gap(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(10, seed=1), pace_seconds=PACE, end=False)
        hall.faults.corrupt = 1.0
        await ada.say(babble(3, seed=2), pace_seconds=PACE, end=False)
        hall.faults.corrupt = 0.0
        await ada.say(babble(10, seed=3), pace_seconds=PACE, end=False)

        await until(lambda: len(hall.frames(ada)) == 20)

        [gap] = hall.happened(Gap)
        assert (gap.user_id, gap.packets, gap.cause) == (ada.user_id, 3, Cause.LOST)
        assert hall.connection.counts()[None].dropped[Cause.UNAUTHENTIC] == 3

    async def test_lost_on_the_way_are_gaps_that_match_what_was_withheld(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(5, seed=1), pace_seconds=PACE, end=False)
        hall.faults.loss = 0.2
        await ada.say(babble(100, seed=2), pace_seconds=PACE, end=False)
        hall.faults.loss = 0.0
        await ada.say(babble(5, seed=3), pace_seconds=PACE, end=False)

        await until(lambda: any(frame.opus == babble(5, seed=3)[-1] for frame in hall.frames(ada)))

        gaps = hall.happened(Gap)
        lost = {(gap.sequence + offset) & 0xFFFF for gap in gaps for offset in range(gap.packets)}
        assert lost == {
            sequence for ssrc, sequence in hall.sim.voice.ledger.kept_from(hall.bot_id) if ssrc == gaps[0].ssrc
        }
        assert {sent.sequence for sent in hall.missing(ada)} == lost
        assert hall.connection.counts()[ada.user_id].lost == len(lost)


class TestSpeakers:
    async def test_are_heard_from_before_they_are_named(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        hall.faults.late_speaking_seconds = 0.4

        await ada.say(babble(30, seed=4), pace_seconds=PACE)

        await hall.hears_all(ada)

    async def test_who_come_again_under_another_ssrc_are_the_same(self, hall: Hall) -> None:
        ada, bela = hall.person("ada"), hall.person("bela")
        await hall.gather(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        ada.leave()
        await hall.join(ada, bela)
        await ada.say(babble(10, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert len({frame.ssrc for frame in hall.frames(ada)}) == 2

    @pytest.mark.parametrize("late_seconds", [0.0, 0.3])
    async def test_who_reuse_an_ssrc_are_not_taken_for_its_last_owner(self, hall: Hall, late_seconds: float) -> None:
        ada, bela, cyd = hall.person("ada"), hall.person("bela"), hall.person("cyd")
        await hall.gather(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)
        assert ada.session
        hall.sim.voice.next_ssrcs.append(ada.session.ssrc)
        ada.leave()
        hall.faults.late_speaking_seconds = late_seconds

        cyd.sequence = 30_000
        await hall.join(cyd, bela)
        await cyd.say(babble(10, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada, cyd)
        assert {frame.opus for frame in hall.frames(ada)}.isdisjoint(babble(10, seed=2))

    async def test_whose_sequence_restarts_are_still_heard(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        ada.sequence = 40_000
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        ada.sequence = 7
        await ada.say(babble(10, seed=2), pace_seconds=PACE)

        await hall.hears_all(ada)
        assert Cause.RESTARTED in {heard.cause for heard in hall.happened(Gap)}

    async def test_are_heard_across_the_wrap_of_their_sequence(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        ada.sequence = 65_530
        hall.faults.reorder = 0.3

        await ada.say(babble(20, seed=1), pace_seconds=PACE, end=False)

        await hall.hears_all(ada)
        assert not hall.happened(Gap)


@pytest.mark.parametrize("stack", STACKS)
class TestEncryption:
    async def test_keeps_up_through_twenty_joins_and_leaves(self, hall: Hall, stack: MakeMember) -> None:
        ada, guests = hall.person("ada", dave=stack), [hall.person(f"guest{n}") for n in range(10)]
        await hall.gather(ada)

        for number, guest in enumerate(guests):
            guest.join(hall.channel_id)
            await ada.say(babble(10, seed=number), pace_seconds=PACE)
            await together(ada, guest)
            await guest.say(babble(10, seed=100 + number), pace_seconds=PACE)
            if number % 2:
                guest.leave()
                guests[number - 1].leave()
                await ada.say(babble(10, seed=200 + number), pace_seconds=PACE)

        await hall.hears_all(ada, *guests)

    async def test_hears_a_leavers_last_words(self, hall: Hall, stack: MakeMember) -> None:
        ada, bela = hall.person("ada", dave=stack), hall.person("bela")
        await hall.gather(ada, bela)
        hall.faults.reorder = 1.0

        await ada.say(babble(10, seed=1), pace_seconds=0, end=False)
        ada.leave()

        await hall.hears_all(ada)

    async def test_given_up_and_taken_up_again_loses_nothing(self, hall: Hall, stack: MakeMember) -> None:
        ada, bela = hall.person("ada", dave=stack), hall.person("bela")
        await hall.gather(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=PACE)

        hall.sim.voice.downgrade(hall.channel_id)
        await ada.say(babble(50, seed=2), pace_seconds=PACE)
        hall.sim.voice.upgrade(hall.channel_id)
        await ada.say(babble(50, seed=3), pace_seconds=PACE)
        await together(ada, bela)
        await ada.say(babble(10, seed=4), pace_seconds=PACE)

        await hall.hears_all(ada)
        versions = [heard.protocol_version for heard in hall.happened(voice.Transition)]
        assert 0 in versions
        assert versions[-1] == 1

    async def test_recovers_from_a_commit_that_it_cannot_process(self, hall: Hall, stack: MakeMember) -> None:
        ada, bela, cyd = hall.person("ada", dave=stack), hall.person("bela"), hall.person("cyd", dave=stack)
        await hall.gather(ada, bela)

        hall.faults.broken_commits.add(hall.bot_id)
        cyd.join(hall.channel_id)
        await until(lambda: not hall.faults.broken_commits)
        await until(lambda: hall.bot_id in hall.sim.voice.members(hall.channel_id))
        await together(ada, bela, cyd)
        await ada.say(babble(20, seed=1), pace_seconds=0.01)
        await cyd.say(babble(20, seed=2), pace_seconds=0.01)

        await hall.hears_all(ada, cyd)

    async def test_takes_plaintext_while_a_group_is_new(self, hall: Hall, stack: MakeMember) -> None:
        ada = hall.person("ada", dave=stack)
        await hall.gather(ada)

        await ada.say(babble(5, seed=1), pace_seconds=PACE, plaintext=True)

        await hall.hears_all(ada)

    async def test_takes_no_plaintext_once_the_group_stands(self, hall: Hall, stack: MakeMember) -> None:
        await hall.connect(limits=msgspec.structs.replace(LIMITS, plaintext_seconds=0, hold_seconds=0.5))
        ada = hall.person("ada", dave=stack)
        await hall.join(ada)

        await ada.say(babble(5, seed=1), pace_seconds=PACE, plaintext=True)

        await until(lambda: hall.connection.counts()[ada.user_id].dropped.get(Cause.PLAINTEXT) == 5)


@pytest.mark.parametrize("size", [25, 99])
class TestACrowd:
    async def test_that_comes_in_keeps_nobody_from_being_heard(self, hall: Hall, size: int) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        for number in range(size - 2):
            hall.person(f"p{number}", dave=Bystander).join(hall.channel_id)

        await until(lambda: len(hall.sim.voice.members(hall.channel_id)) == size)
        await ada.say(babble(20, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)

    async def test_that_is_there_already_takes_the_bot_in(self, hall: Hall, size: int) -> None:
        ada, bela = hall.person("ada", dave=LibdaveMember), hall.person("bela")
        await hall.join(ada, bela)
        for number in range(size - 3):
            hall.person(f"p{number}", dave=Bystander).join(hall.channel_id)
        await until(lambda: len(hall.sim.voice.members(hall.channel_id)) == size - 1)

        await hall.connect()
        await until(lambda: len(hall.sim.voice.members(hall.channel_id)) == size)
        await together(ada, bela)
        await ada.say(babble(20, seed=1), pace_seconds=PACE)

        await hall.hears_all(ada)


class TestAHeldPacket:
    async def test_that_nobody_can_open_is_dropped_in_the_end(
        self, hall: Hall, caplog: pytest.LogCaptureFixture
    ) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        sealed_for_nobody = bytes(60) + b"\x0d\xfa\xfa"

        await ada.say([sealed_for_nobody] * 3, pace_seconds=PACE, plaintext=True, end=False)
        await ada.say(babble(5, seed=1), pace_seconds=PACE, end=False)

        await until(lambda: len(hall.frames(ada)) == 5)
        assert hall.connection.counts()[ada.user_id].dropped == {Cause.UNDECRYPTABLE: 3}
        assert not [record for record in caplog.records if record.name.startswith("dave")]
