"""What is said is heard: both MLS stacks, both encryption modes, in order, each frame once."""

import pytest

from discord_sim.voice.members import LibdaveMember
from discord_sim.voice.sounds import babble

from .conftest import Hall

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
