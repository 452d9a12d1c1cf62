"""Guilds full of people who come, go, move and talk, over a bad network, with the bot among them; then every frame is
looked for, and held against what was named as missing."""

import asyncio
import itertools
import random
from collections import Counter

import hikari
import msgspec

import voice
from discord_sim.entities import ALL_PERMISSIONS, ChannelKind
from discord_sim.simulator import Simulator
from discord_sim.voice.ledger import Sent
from discord_sim.voice.members import Bystander, DaveyMember, LibdaveMember, MakeMember
from discord_sim.voice.people import Person
from discord_sim.voice.sounds import babble
from discord_sim.voice.stage import until
from testkit.naming import Listening, Naming
from voice import Cause, Heard, VoiceConnection

TALKSPURT_FRAMES = (20, 120)
SILENT_SECONDS_MAX = 2.0
STIR_SECONDS = (0.3, 1.5)
BREAKS = (1006, 4006, 4015)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    seed: int
    guilds: int = 2
    people: int = 25
    speakers: int = 10
    """Of the people; the others only come and go."""
    seconds: float = 180.0
    loss: float = 0.1


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Of one guild; frames are voiced ones that were said in the bot's channel. `unknowable` were lost before the first
    or after the last that arrived of their stream."""

    said: int
    heard: int
    gaps: Counter[Cause]
    outages: int
    unnamed: int
    unknowable: int
    misnamed: int
    heard_in_outages: int
    recoveries: int
    sessions: int
    stirs: Counter[str]
    accounts_add_up: bool
    examples: tuple[str, ...]
    """The first of those that no one named, when they were said, and what was told around that."""


async def gather(plan: Plan) -> list[Outcome]:
    async with Simulator(seed=plan.seed) as sim:
        application = sim.world.add_bot("recorder")
        bot = hikari.GatewayBot(
            application.token,
            rest_url=sim.rest_url,
            banner=None,
            logs=None,
            intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_VOICE_STATES,
        )
        await bot.start(check_for_updates=False)
        try:
            crowds = [Crowd(sim, bot, plan=plan, seed=plan.seed * 100 + number) for number in range(plan.guilds)]
            for crowd in crowds:
                sim.world.join_guild(crowd.guild_id, user=application.bot, permissions=ALL_PERMISSIONS)
                await crowd.open()
            sim.voice.faults.loss = plan.loss
            await asyncio.gather(*(crowd.stay() for crowd in crowds))
            return [await crowd.look() for crowd in crowds]
        finally:
            await bot.close()


class Crowd:
    """One guild with two voice channels; the bot is at home in the first."""

    def __init__(self, sim: Simulator, bot: hikari.GatewayBot, *, plan: Plan, seed: int) -> None:
        self._sim, self._bot, self._plan = sim, bot, plan
        self._source = random.Random(seed)
        self._seeds = itertools.count(seed * 1_000_000)
        world = sim.world
        self.guild_id = world.add_guild(f"Guild {seed}", owner=world.add_user(f"owner {seed}")).id
        self._home, self._elsewhere = (
            world.add_channel(self.guild_id, name=name, kind=ChannelKind.VOICE).id for name in ("hall", "attic")
        )
        stacks: list[MakeMember] = [DaveyMember, LibdaveMember]
        self._speakers = [self._person(stacks[number % 2]) for number in range(plan.speakers)]
        self._others = [self._person(Bystander) for _ in range(plan.people - plan.speakers)]
        self._heard: list[Heard] = []
        self._listening = Listening(self._heard)
        self._connection: VoiceConnection | None = None
        self._stirs: Counter[str] = Counter()
        self._downgraded = False

    async def open(self) -> None:
        for person in self._speakers[:2]:
            person.join(self._home)
        self._connection = await voice.connect(
            self._bot,
            self.guild_id,
            self._home,
            listener=self._listening,
            ssl_context=self._sim.certificates.client_context(),
            timeout_seconds=60,
        )

    async def stay(self) -> None:
        talking = [asyncio.create_task(self._talk(person)) for person in self._speakers]
        stirring = asyncio.create_task(self._stir())
        await asyncio.sleep(self._plan.seconds)
        for task in (stirring, *talking):
            task.cancel()
        await asyncio.gather(stirring, *talking, return_exceptions=True)

    async def look(self) -> Outcome:
        connection = self._connection
        if connection is None:
            raise RuntimeError("there was no connection")
        await asyncio.sleep(voice.Limits().hold_seconds)
        await connection.disconnect()
        sent = [
            each
            for person in self._speakers
            for each in self._sim.voice.ledger.voiced(person.user_id)
            if each.channel_id == self._home
        ]
        naming: Naming = self._listening.naming(home=self._home)
        withheld = self._sim.voice.ledger.kept_from(self._bot_id)
        unnamed = naming.unnamed(sent)
        unknowable = [each for each in unnamed if (each.ssrc, each.sequence) in withheld and not naming.knowable(each)]
        nameless = [each for each in unnamed if each not in unknowable]
        counts = connection.counts()
        adds_up = all(each.adds_up for each in counts.values())
        return Outcome(
            said=len(sent),
            heard=sum(each.digest in naming.frames for each in sent),
            gaps=Counter(gap.cause for gap in naming.gaps.values()),
            outages=len(naming.outages),
            unnamed=len(nameless),
            unknowable=len(unknowable),
            misnamed=len(naming.misnamed(sent)),
            heard_in_outages=len(naming.heard_in_spans()),
            recoveries=connection.recoveries,
            sessions=len(naming.sessions) + 1,
            stirs=self._stirs,
            accounts_add_up=adds_up and sum(each.received for each in counts.values()) == connection.datagrams,
            examples=tuple(self._example(each, withheld) for each in nameless[:3]),
        )

    def _example(self, lost: Sent, withheld: set[tuple[int, int]]) -> str:
        around = self._listening.around(lost.at_ns)
        kept = "withheld" if (lost.ssrc, lost.sequence) in withheld else "sent on"
        return f"{lost.ssrc}/{lost.sequence} {kept} at {lost.at_ns / 1e9:.3f}: {around}"

    async def _talk(self, person: Person) -> None:
        while True:
            await asyncio.sleep(self._source.random() * SILENT_SECONDS_MAX)
            if person.session:
                await person.say(babble(self._source.randrange(*TALKSPURT_FRAMES), seed=next(self._seeds)))

    async def _stir(self) -> None:
        """Something happens now and then; each thing is drawn from what is possible."""
        while True:
            await asyncio.sleep(self._source.uniform(*STIR_SECONDS))
            what = self._source.choice(["come", "come", "go", "kick", "move", "move_bot", "break", "change_version"])
            self._stirs[what] += 1
            match what:
                case "come" | "move" | "go" | "kick":
                    self._stir_people(what)
                case "move_bot":
                    await self._move_bot()
                case "break":
                    await self._break()
                case _:
                    await self._change_version()

    def _stir_people(self, what: str) -> None:
        person = self._source.choice([*self._speakers, *self._others])
        world = self._sim.world
        there = (self.guild_id, person.user_id) in world.voice_states
        if what == "come" and not there:
            person.join(self._home)
        elif what == "move" and there:
            world.move_voice(
                self.guild_id,
                user_id=person.user_id,
                channel_id=self._source.choice([self._home, self._elsewhere]),
            )
        elif there:
            world.leave_voice(self.guild_id, user_id=person.user_id)

    async def _move_bot(self) -> None:
        """Away, and back again."""
        for channel_id in (self._elsewhere, self._home):
            if self._bot_is_there:
                self._sim.world.move_voice(self.guild_id, user_id=self._bot_id, channel_id=channel_id)
            await asyncio.sleep(self._source.uniform(*STIR_SECONDS))

    async def _break(self) -> None:
        if self._bot_is_there and self._sim.voice.session(self.guild_id, self._bot_id):
            self._sim.voice.disconnect(self.guild_id, self._bot_id, code=self._source.choice(BREAKS))
        await asyncio.sleep(STIR_SECONDS[1])

    async def _change_version(self) -> None:
        if not self._sim.voice.settled(self._home):
            return
        for change in (self._sim.voice.downgrade, self._sim.voice.upgrade):
            if self._sim.voice.is_open(self._home):
                change(self._home)
            await until(lambda: self._sim.voice.settled(self._home))

    @property
    def _bot_id(self) -> int:
        me = self._bot.get_me()
        if me is None:
            raise RuntimeError("the bot is not connected")
        return int(me.id)

    @property
    def _bot_is_there(self) -> bool:
        return (self.guild_id, self._bot_id) in self._sim.world.voice_states

    def _person(self, dave: MakeMember) -> Person:
        user = self._sim.world.add_user(f"person {next(self._seeds)}")
        self._sim.world.join_guild(self.guild_id, user=user)
        return Person(self._sim.voice, guild_id=self.guild_id, user_id=user.id, dave=dave)
