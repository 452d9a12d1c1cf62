"""One guild with its recorder: who is there, what they say, and what of it is recorded."""

from collections import Counter
from pathlib import Path

import msgspec

from contracts.media import Recording, RecordingDetail
from discord_sim.entities import ALL_PERMISSIONS, Application, Channel, ChannelKind
from discord_sim.simulator import Simulator
from discord_sim.voice.ledger import digest
from discord_sim.voice.members import DaveyMember, MakeMember
from discord_sim.voice.people import Person
from discord_sim.voice.stage import together, until
from testkit.recording.environment import Environment
from testkit.recording.programs import Program
from testkit.recording.tcp_proxy import TcpProxy
from testkit.tokens import private_key


class RecorderSetup:
    def __init__(self, environment: Environment, sim: Simulator, *, folder: Path) -> None:
        self.environment, self.sim, self.folder = environment, sim, folder
        self.spool = folder / "spool"
        world = sim.world
        self.guild = world.add_guild("Guild", owner=world.add_user("owner"))
        self.text = world.add_channel(self.guild.id, name="general")
        self.voice = world.add_channel(self.guild.id, name="hall", kind=ChannelKind.VOICE)
        self.other_voice = world.add_channel(self.guild.id, name="other_voice", kind=ChannelKind.VOICE)
        self.bot = world.add_bot("recorder")
        world.join_guild(self.guild.id, user=self.bot.bot, permissions=ALL_PERMISSIONS)
        self.media, self.redis = TcpProxy(environment.media.url), TcpProxy(environment.redis_url)

    async def open(self) -> None:
        await self.media.start()
        await self.redis.start()
        key = self.folder / "recorder.key.pem"
        key.write_text(private_key())
        environ = {
            "REDIS_URL": self.redis.url,
            "MEDIA_URL": self.media.url,
            "AUTH_URL": self.environment.auth.url,
            "LOG_FORMAT": "json",
            "RECORDER_BOT_SERVICE_KEY_FILE": str(key),
            "RECORDER_BOT_SPOOL_FOLDER": str(self.spool),
            "RECORDER_BOT_DISCORD_TOKENS": self.bot.token,
            "RECORDER_BOT_DISCORD_REST_URL": self.sim.rest_url,
            "RECORDER_BOT_DISCORD_CA_FILE": str(self.sim.certificates.authority),
            "RECORDER_BOT_SEGMENT_SECONDS": "2",
            "RECORDER_BOT_PROGRESS_SECONDS": "0.5",
            "RECORDER_BOT_POLL_SECONDS": "1",
            "RECORDER_BOT_RETRY_SECONDS": "0.2",
        }
        self.recorder = Program("recorder_bot", environ, log=self.folder / "recorder.log")
        self._programs = [self.recorder]
        await self.environment.link(str(self.guild.id))

    async def close(self) -> None:
        for program in self._programs:
            await program.kill()
        for user_id in [user for guild, user in self.sim.world.voice_states if guild == self.guild.id]:
            self.sim.world.leave_voice(self.guild.id, user_id=user_id)
        self.sim.voice.faults.clear()
        self.sim.faults.clear()
        self.media.close()
        self.redis.close()

    def replica(self, name: str) -> Program:
        """One more recorder with the same bots, and a spool of its own; not started yet."""
        given = {k: v for k, v in self.recorder.environ.items() if k != "RECORDER_BOT_PORT"}
        spool = {"RECORDER_BOT_SPOOL_FOLDER": str(self.folder / name)}
        program = Program("recorder_bot", given | spool, log=self.folder / f"{name}.log")
        self._programs.append(program)
        return program

    def add_bot(self, name: str) -> Application:
        """One more bot account in the guild, for a recorder that is still to be started."""
        bot = self.sim.world.add_bot(name)
        self.sim.world.join_guild(self.guild.id, user=bot.bot, permissions=ALL_PERMISSIONS)
        self.recorder.environ["RECORDER_BOT_DISCORD_TOKENS"] += f",{bot.token}"
        return bot

    async def start(self, **settings: str) -> None:
        self.recorder.environ |= {f"RECORDER_BOT_{name.upper()}": value for name, value in settings.items()}
        await self.recorder.start()

    async def request(self, channel: Channel | None = None) -> Recording:
        return await self.environment.request(str(self.guild.id), str((channel or self.voice).id))

    async def record(self) -> Recording:
        """A recording that is under way."""
        recording = await self.request()
        await self.environment.until(recording, "recording")
        return recording

    def person(self, name: str, *, dave: MakeMember = DaveyMember) -> Person:
        user = self.sim.world.add_user(name)
        self.sim.world.join_guild(self.guild.id, user=user)
        return Person(self.sim.voice, guild_id=self.guild.id, user_id=user.id, dave=dave)

    async def gather(self, *people: Person) -> None:
        for person in people:
            person.join(self.voice.id)
        await together(*people)

    @property
    def bot_is_there(self) -> bool:
        return self.sim.voice.session(self.guild.id, self.bot.id) is not None

    @property
    def nickname(self) -> str | None:
        return self.guild.members[self.bot.id].nick

    def said(self, channel_id: int) -> list[str]:
        """What the recorder wrote into a text channel."""
        messages = self.sim.world.messages.get(channel_id, {}).values()
        return [message.content for message in messages if message.author.id == self.bot.id]

    def sent(self, person: Person) -> list[bytes]:
        """The digests of what somebody said, in order."""
        return [sent.digest for sent in self.sim.voice.ledger.voiced(person.user_id) if sent.digest]

    async def finish(self, recording: Recording) -> RecordingDetail:
        await self.environment.order(recording, "stop")
        return await self.environment.until(recording, "ready")

    async def missing(self, recording: Recording, *people: Person) -> dict[int, int]:
        """How many of the frames that each said are not in their tracks."""
        tracks = await self.environment.packets(recording)
        found: dict[int, int] = {}
        for person in people:
            recorded = Counter(digest(packet) for packet in tracks.get(str(person.user_id), []))
            found[person.user_id] = sum((Counter(self.sent(person)) - recorded).values())
        return found

    def spooled(self) -> bytes:
        """Every byte that the recorder has on disk."""
        return b"".join(path.read_bytes() for path in sorted(self.spool.rglob("*")) if path.is_file())


async def handed_over(setup: RecorderSetup) -> None:
    """The spool is empty but for the recorder's name and lock."""
    await until(lambda: {path.name for path in setup.spool.iterdir()} == {"holder", "lock"}, timeout_seconds=20)


def check_accounts(detail: RecordingDetail) -> None:
    for track in detail.tracks:
        packets = track.packets
        assert packets.received == packets.written + sum(packets.dropped.values()), msgspec.json.encode(track)
