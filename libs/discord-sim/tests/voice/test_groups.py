"""People of both MLS stacks come into one encrypted group, whatever order they come and go in."""

import pytest

from discord_sim.voice import mls
from discord_sim.voice.delivery import Group, appending
from discord_sim.voice.members import DaveyMember, LibdaveMember, MakeMember
from discord_sim.voice.stage import Stage, together, until
from discord_sim.voice.tls import Malformed

MIXES = [
    (DaveyMember, DaveyMember, DaveyMember),
    (LibdaveMember, LibdaveMember, LibdaveMember),
    (DaveyMember, LibdaveMember, DaveyMember),
    (LibdaveMember, DaveyMember, LibdaveMember),
]


@pytest.mark.parametrize("stacks", MIXES)
class TestAGroup:
    async def test_forms_of_those_who_come_at_the_same_time(self, stage: Stage, stacks: tuple[MakeMember, ...]) -> None:
        people = [stage.person(f"p{n}", dave=stack) for n, stack in enumerate(stacks)]

        for person in people:
            person.join(stage.channel_id)

        await together(*people)

    async def test_takes_in_a_latecomer(self, stage: Stage, stacks: tuple[MakeMember, ...]) -> None:
        first, second, late = [stage.person(f"p{n}", dave=stack) for n, stack in enumerate(stacks)]
        first.join(stage.channel_id)
        second.join(stage.channel_id)
        await together(first, second)

        late.join(stage.channel_id)

        await together(first, second, late)

    async def test_shuts_out_who_has_left(self, stage: Stage, stacks: tuple[MakeMember, ...]) -> None:
        people = [stage.person(f"p{n}", dave=stack) for n, stack in enumerate(stacks)]
        for person in people:
            person.join(stage.channel_id)
        await together(*people)
        leaver, *stayers = people
        old = leaver.membership and leaver.membership.sealed_for

        leaver.leave()

        await until(lambda: all(p.membership and p.membership.sealed_for != old for p in stayers))
        await together(*stayers)

    async def test_starts_over_when_one_is_alone_again(self, stage: Stage, stacks: tuple[MakeMember, ...]) -> None:
        first, second, third = [stage.person(f"p{n}", dave=stack) for n, stack in enumerate(stacks)]
        first.join(stage.channel_id)
        second.join(stage.channel_id)
        await together(first, second)

        second.leave()
        third.join(stage.channel_id)
        second.join(stage.channel_id)

        await together(first, second, third)

    async def test_follows_someone_into_another_channel(self, stage: Stage, stacks: tuple[MakeMember, ...]) -> None:
        first, second, third = [stage.person(f"p{n}", dave=stack) for n, stack in enumerate(stacks)]
        first.join(stage.channel_id)
        second.join(stage.channel_id)
        third.join(stage.other_channel_id)
        await together(first, second)

        second.join(stage.other_channel_id)

        await together(second, third)


class TestACommit:
    def test_that_is_refused_leaves_the_group_as_it_was(self) -> None:
        group, ada = Group(2), DaveyMember(1, 2)
        ada.external_sender(group.sender.package)
        ada.restart()
        made = ada.proposals(appending([group.add(3, key_package=DaveyMember(3, 2).restart())]), {1, 3})
        assert made
        alone = mls.read_commit(made).encoded

        with pytest.raises(Malformed):
            group.commit(1, encoded=alone)

        assert (group.epoch, group.members, group.joining) == (0, set(), {3})
        assert group.commit(1, encoded=made)
