"""What is said is heard: both MLS stacks, both encryption modes, in order, each frame once."""

import pytest

import voice
from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from voice import Joined, Left, Speaking
from voice.encryption import Libdave, MakeEndToEnd

from .conftest import Hall
from .second_stack import Davey

MODES = ["aead_aes256_gcm_rtpsize", "aead_xchacha20_poly1305_rtpsize"]


class TestReceiving:
    @pytest.mark.parametrize("mode", MODES)
    async def test_hears_both_stacks_in_either_mode(self, hall: Hall, mode: str) -> None:
        hall.sim.voice.modes = [mode]
        ada, bela = hall.person("ada"), hall.person("bela", dave=LibdaveMember)
        await hall.gather(ada, bela)

        await ada.say(babble(20, seed=1), pace_seconds=0.002)
        await bela.say(babble(20, seed=2), pace_seconds=0.002)

        await hall.hears_all(ada, bela)
        assert [frame.opus for frame in hall.frames(ada)][:20] == babble(20, seed=1)
        assert [frame.opus for frame in hall.frames(bela)][:20] == babble(20, seed=2)

    @pytest.mark.parametrize("receiver", [Libdave, Davey])
    async def test_hears_with_either_stack(self, hall: Hall, receiver: MakeEndToEnd) -> None:
        await hall.connect(end_to_end=receiver)
        ada, bela, cyd = hall.person("ada"), hall.person("bela", dave=LibdaveMember), hall.person("cyd")
        await hall.join(ada, bela)
        await ada.say(babble(10, seed=1), pace_seconds=0.002)
        await hall.join(ada, bela, cyd)
        bela.leave()

        await cyd.say(babble(10, seed=2), pace_seconds=0.002)

        await hall.hears_all(ada, cyd)

    async def test_can_be_iterated_over(self, hall: Hall) -> None:
        queue = voice.HeardQueue()
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(10, seed=1), pace_seconds=0.002)
        await hall.hears_all(ada)
        await hall.connection.disconnect()

        for heard in hall.heard:
            queue(heard)

        assert [heard async for heard in queue] == hall.heard

    async def test_tells_who_comes_speaks_and_goes(self, hall: Hall) -> None:
        ada = hall.person("ada")
        await hall.gather(ada)
        await ada.say(babble(1, seed=1), pace_seconds=0.002)
        ada.leave()

        await until(lambda: hall.happened(Left))

        assert hall.happened(Joined) == [Joined(ada.user_id)]
        assert [each.user_id for each in hall.happened(Speaking)] == [ada.user_id]
        assert hall.happened(Left) == [Left(ada.user_id)]
