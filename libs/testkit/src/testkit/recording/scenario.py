"""A scenario in a voice channel: people talk alone and at once, guests come and go; every frame is accounted for."""

import asyncio
import random
from collections import Counter

import msgspec

from contracts.media import Recording, RecordingDetail
from discord_sim.voice.ledger import digest
from discord_sim.voice.members import DaveyMember, LibdaveMember
from discord_sim.voice.people import Person
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import together
from testkit.recording.recorder_setup import RecorderSetup
from voice import opus

CLAP_FRAMES = 5
GUEST_FRAMES = 50
SAMPLES_PER_MS = opus.SAMPLE_RATE / 1000


class ScenarioPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How long it lasts, how often somebody joins or leaves, and what all of it is drawn from."""

    seconds: float
    comings_and_goings: int
    seed: int
    mode: str = "aead_aes256_gcm_rtpsize"


class ScenarioResult(msgspec.Struct, frozen=True, kw_only=True):
    """`missing` by name: voiced frames that were said and are in no track. `apart_ms`: how far what the hosts said at
    the same moment is apart in their tracks, moment by moment."""

    detail: RecordingDetail
    said: dict[str, int]
    missing: dict[str, int]
    apart_ms: list[float]


class Scenario:
    """Two hosts stay, with one MLS stack each; every guest comes, talks and goes."""

    def __init__(self, setup: RecorderSetup, plan: ScenarioPlan) -> None:
        self._setup, self._plan = setup, plan
        self._source = random.Random(plan.seed)
        self._seeds = iter(range(plan.seed * 1000, plan.seed * 1000 + 1_000_000))
        self._claps: list[tuple[bytes, bytes]] = []
        setup.sim.voice.modes = [plan.mode]
        self._ada, self._bela = setup.person("ada"), setup.person("bela", dave=LibdaveMember)
        self._guests = [
            setup.person(f"guest {number}", dave=self._source.choice([DaveyMember, LibdaveMember]))
            for number in range(plan.comings_and_goings // 2)
        ]

    async def run(self) -> None:
        """Everybody comes, talks and, but for the hosts, goes."""
        await self._setup.gather(self._ada, self._bela)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._host())
            tasks.create_task(self._receive_guests())

    async def evaluate(self, recording: Recording, detail: RecordingDetail) -> ScenarioResult:
        """Compare what was said with what was recorded."""
        people = [self._ada, self._bela, *self._guests]
        tracks = await self._setup.environment.packets(recording)
        names = {person.user_id: self._setup.sim.world.users[person.user_id].name for person in people}
        said = {person.user_id: self._setup.sent(person) for person in people}
        recorded = {user: Counter(map(digest, tracks.get(str(user), []))) for user in said}
        return ScenarioResult(
            detail=detail,
            said={names[user]: len(its) for user, its in said.items()},
            missing={
                names[user]: lost for user, its in said.items() if (lost := (Counter(its) - recorded[user]).total())
            },
            apart_ms=self._apart(tracks),
        )

    async def _host(self) -> None:
        ends = asyncio.get_running_loop().time() + self._plan.seconds
        while asyncio.get_running_loop().time() < ends:
            await self._clap()
            await self._talk(self._ada)
            await self._talk(self._bela)
            await asyncio.gather(self._talk(self._ada), self._talk(self._bela))

    async def _receive_guests(self) -> None:
        for guest in self._guests:
            guest.join(self._setup.voice.id)
            await together(self._ada, self._bela, guest)
            await guest.say(self._babble(GUEST_FRAMES))
            await asyncio.sleep(self._source.random() * self._plan.seconds / len(self._guests) / 2)
            guest.leave()

    async def _clap(self) -> None:
        """Both say something at the same moment, after a silence."""
        await asyncio.sleep(0.5)
        first, second = self._babble(CLAP_FRAMES), self._babble(CLAP_FRAMES)
        self._claps.append((first[0], second[0]))
        await asyncio.gather(self._ada.say(first), self._bela.say(second))

    async def _talk(self, person: Person) -> None:
        """A talkspurt and a rest; in it the RTP clock goes on, as with Discord's clients, or stands still."""
        await person.say(self._babble(self._source.randrange(20, 150)))
        rest = self._source.random()
        if self._source.random() < 0.5:
            person.rest(rest)
        await asyncio.sleep(rest)

    def _babble(self, count: int) -> list[bytes]:
        return babble(count, seed=next(self._seeds))

    def _apart(self, tracks: dict[str, list[bytes]]) -> list[float]:
        """Less what the two were apart when they were sent."""
        first, second = (_positions(tracks.get(str(host.user_id), [])) for host in (self._ada, self._bela))
        sent_ms = {sent.digest: sent.at_ns / 1e6 for sent in self._setup.sim.voice.ledger.sent}
        return [
            round((first[one] - second[other]) / SAMPLES_PER_MS - (sent_ms[digest(one)] - sent_ms[digest(other)]), 2)
            for one, other in self._claps
            if one in first and other in second
        ]


def _positions(packets: list[bytes]) -> dict[bytes, int]:
    """Where on the recording's time each packet begins, in samples."""
    at, found = 0, dict[bytes, int]()
    for packet in packets:
        found.setdefault(packet, at)
        at += opus.samples(packet)
    return found
