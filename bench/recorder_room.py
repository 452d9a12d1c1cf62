"""A voice channel full of people who talk without a pause, and what becomes of what they say."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final

from bench.recorder_listeners import Tracks
from discord_sim.voice.ledger import digest
from discord_sim.voice.people import FRAME_SECONDS
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together, until
from testkit.recording.recorder_setup import RecorderSetup

CIPHER: Final = "aead_aes256_gcm_rtpsize"
"""What Discord offers first."""
SETTLING_SECONDS: Final = 5
"""Whoever comes gives everybody new keys to work out, in this one process: who talked meanwhile would be late."""
PACKET_BYTES: Final = 160
"""64 kbit/s, what a voice channel of Discord has unless somebody changes it."""


class Room:
    """The people stay; who listens comes and goes."""

    def __init__(self, setup: RecorderSetup, *, speakers: int) -> None:
        setup.sim.voice.modes = [CIPHER]
        self.people = [setup.person(f"speaker {number}") for number in range(speakers)]
        self._setup, self._voice = setup, setup.sim.voice
        self._talkspurts = 0

    @property
    def said(self) -> int:
        """In packets, since it was last forgotten."""
        return len(self._voice.ledger.sent)

    def forget(self) -> None:
        self._voice.ledger.sent.clear()

    async def has(self, *, listeners: int) -> None:
        """Wait until so many are in the encrypted group besides the people, and nobody is busy with that any more."""
        members = len(self.people) + listeners
        await until(lambda: len(self._voice.members(self._setup.voice.id)) == members)
        await together(*self.people)
        await asyncio.sleep(SETTLING_SECONDS)

    async def talk(self, seconds: float) -> None:
        """Everybody all the time, with their packets spread over the 20 ms in which each sends one.

        What they will say is made up beforehand: whoever spoke while it is would be late.
        """
        count = round(seconds / FRAME_SECONDS)
        talkspurts = [
            babble(count, seed=self._talkspurts + number, size=PACKET_BYTES) for number in range(len(self.people))
        ]
        self._talkspurts += len(talkspurts)
        async with asyncio.TaskGroup() as voices:
            for person, speech in zip(self.people, talkspurts, strict=True):
                voices.create_task(person.say(speech))
                await asyncio.sleep(FRAME_SECONDS / len(self.people))

    def missing(self, tracks: Tracks) -> int:
        """How many of the frames that were said are in no track."""
        return sum(missing(self._setup.sent(person), tracks.get(person.user_id, [])) for person in self.people)


def missing(said: Iterable[bytes], packets: Iterable[bytes]) -> int:
    """How many of these digests are of no packet; what was said twice has to be there twice."""
    return (Counter(said) - Counter(map(digest, packets))).total()
