"""The voice servers of the simulated Discord: who may come in, who is where, and what can be done to them."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from discord_sim.certs import Certificates
from discord_sim.entities import ChannelKind, VoiceServer
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.codes import STAYS_RESUMABLE, Close, Op
from discord_sim.voice.epochs import PROTOCOL_VERSION, Epochs, Timing
from discord_sim.voice.faults import Faults
from discord_sim.voice.gateway import Gateway, Refused
from discord_sim.voice.ledger import Ledger
from discord_sim.voice.relay import Relay
from discord_sim.voice.room import Room, speaking_of
from discord_sim.voice.session import Admission, Link, Session
from discord_sim.world import World

NAMES = ("127.0.0.1", "localhost")
"""One listener answers to both; to a client they are two servers."""
ENDED_PROPERLY = frozenset({Close.NORMAL, Close.GOING_AWAY, 1005})
NO_DAVE = 0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat_ms: int = 13_750
    patience_seconds: float = 41.25
    """With a client that says nothing; longer than any loaded machine keeps one from its heartbeat."""
    timing: Timing = Timing()
    resume_seconds: float = 60.0
    """How long a session waits for its client after the socket broke."""


class OpenChannel(msgspec.Struct, frozen=True):
    """A room and its encryption."""

    room: Room
    epochs: Epochs


class VoiceService:
    """Satisfies `discord_sim.world.Voice`. `modes` may be shortened to offer one encryption mode only."""

    def __init__(self, world: World, certificates: Certificates, *, limits: Limits | None = None) -> None:
        self.world = world
        self.limits = limits or Limits()
        self.faults = Faults()
        self.ledger = Ledger()
        self.modes = list(CIPHERS)
        self.next_ssrcs: deque[int] = deque()
        """SSRCs to give out before counting on: a test decides here who reuses whose."""
        self.ignore_heartbeats = False
        self.first_sequence = 1
        """Where the numbered messages of new sessions begin; they wrap around after 65,535."""
        self._ssrcs = itertools.count(1000)
        self._admissions: dict[str, Admission] = {}
        self._used: set[str] = set()
        self._open: dict[int, OpenChannel] = {}
        self._sessions: dict[tuple[int, int], Session] = {}
        self._moves: dict[int, int] = {}
        self._gateway = Gateway(self, certificates)
        self.relay = Relay(faults=self.faults, ledger=self.ledger, receivers=self._receivers)

    @property
    def heartbeat_ms(self) -> int:
        return self.limits.heartbeat_ms

    @property
    def patience_seconds(self) -> float:
        return self.limits.patience_seconds

    async def start(self, host: str = "127.0.0.1") -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self.relay, local_addr=(host, 0))
        await self._gateway.start(host)

    async def stop(self) -> None:
        for session in list(self._sessions.values()):
            self.remove(session, code=1001)
        await self._gateway.stop()
        self.relay.close()

    # What the world asks

    def admit(self, guild_id: int, user_id: int, session_id: str) -> VoiceServer:
        channel_id = self.world.voice_states[(guild_id, user_id)].channel_id
        if channel_id is None:
            raise LookupError("the user is in no channel")
        token = self.world.secret(8)
        self._admissions[token] = Admission(guild_id, channel_id, user_id, session_id, token)
        name = NAMES[self._moves.get(guild_id, 0) % len(NAMES)]
        return VoiceServer(endpoint=f"{name}:{self._gateway.port}", token=token)

    def dismiss(self, guild_id: int, user_id: int) -> None:
        if session := self._sessions.get((guild_id, user_id)):
            exists = session.admission.channel_id in self.world.channels
            self.remove(session, code=Close.DISCONNECTED if exists else Close.CALL_ENDED)

    # What a client does

    def identify(self, token: str, *, guild_id: int, session_id: str, user_id: int, link: Link) -> Session:
        """Raises Refused: a token that was never given out is wrong (4004); one that was used before, or is of another
        session, is no longer valid (4006)."""
        admission = self._admission(token, guild_id=guild_id, session_id=session_id)
        if token in self._used or admission.user_id != user_id:
            raise Refused(Close.SESSION_INVALID)
        self._used.add(token)
        if before := self._sessions.get((admission.guild_id, user_id)):
            self.remove(before, code=Close.SESSION_INVALID)
        ssrc = self.next_ssrcs.popleft() if self.next_ssrcs else next(self._ssrcs)
        session = Session(admission, ssrc=ssrc, link=link, first_sequence=self.first_sequence)
        self._sessions[(admission.guild_id, user_id)] = session
        self.relay.register(session)
        ready = {"ssrc": ssrc, "ip": "127.0.0.1", "port": self.relay.port, "modes": self.modes, "experiments": []}
        link.send(msgspec.json.encode({"op": Op.READY, "d": ready}).decode())
        channel = self.channel(session)
        channel.room.enter(session)
        if self.faults.sender_first:
            channel.epochs.entered(session)
        return session

    def resume(self, token: str, *, guild_id: int, session_id: str, link: Link, after: int) -> Session:
        """Raises Refused, also when something that the client has missed is no longer in the buffer."""
        admission = self._admission(token, guild_id=guild_id, session_id=session_id)
        session = self._sessions.get((admission.guild_id, admission.user_id))
        if session is None or session.admission != admission:
            raise Refused(Close.SESSION_INVALID)
        if not session.can_resume(after):
            self.remove(session, code=Close.SESSION_INVALID)
            raise Refused(Close.SESSION_INVALID)
        session.resume(link, after=after)
        self.channel(session).room.rejoin(session)
        return session

    def select(self, session: Session, *, mode: str) -> None:
        channel = self.channel(session)
        session.mode, session.cipher = mode, CIPHERS[mode](session.key)
        session.tell(
            Op.SESSION_DESCRIPTION,
            {
                "mode": mode,
                "secret_key": list(session.key),
                "audio_codec": "opus",
                "video_codec": None,
                "media_session_id": f"{session.ssrc:032x}",
                "dave_protocol_version": channel.epochs.version,
            },
        )
        channel.room.introduce_speakers(session)
        channel.epochs.entered(session)

    def speaking(self, session: Session, flags: int) -> None:
        before, session.speaking, session.has_said_speaking = session.speaking, flags, True
        room = self.channel(session).room

        def introduce() -> None:
            if room.sessions.get(session.user_id) is session:
                room.broadcast(Op.SPEAKING, speaking_of(session), but=session)

        if not (flags or before):
            return
        if self.faults.late_speaking_seconds:
            asyncio.get_running_loop().call_later(self.faults.late_speaking_seconds, introduce)
        else:
            introduce()

    def disconnected(self, session: Session, *, link: Link, code: int | None) -> None:
        """The socket is gone: for good when it was closed properly, else the session waits for a resume."""
        if session.link is not link:
            return
        session.link = None
        if code in ENDED_PROPERLY:
            self.remove(session, code=Close.NORMAL)
        else:
            self._sever(session)

    def channel(self, session: Session) -> OpenChannel:
        channel_id = session.admission.channel_id
        if channel_id not in self._open:
            room = Room(channel_id)
            channel = self.world.channels.get(channel_id)
            version = NO_DAVE if channel and channel.kind is ChannelKind.STAGE else PROTOCOL_VERSION
            epochs = Epochs(room, faults=self.faults, timing=self.limits.timing, version=version)
            self._open[channel_id] = OpenChannel(room, epochs)
        return self._open[channel_id]

    def epochs(self, session: Session) -> Epochs:
        return self.channel(session).epochs

    # What can be done to them

    def session(self, guild_id: int, user_id: int) -> Session | None:
        return self._sessions.get((guild_id, user_id))

    def disconnect(self, guild_id: int, user_id: int, *, code: int) -> None:
        """Close a client's socket with this code; 1006 cuts it without a word."""
        session = self._sessions[(guild_id, user_id)]
        if code in STAYS_RESUMABLE:
            session.close(code)
            self._sever(session)
        else:
            self.remove(session, code=code)

    def move_server(self, guild_id: int, *, announced: bool = True) -> Callable[[], None]:
        """Take the guild's voice server away: sockets are closed with 4022, after a null endpoint where that is
        `announced`. Call the result to give a new one."""
        users = [user_id for guild, user_id in self.world.voice_states if guild == guild_id]
        for user_id in users:
            if announced:
                gone = VoiceServer(endpoint=None, token=self.world.secret(8))
                self.world.assign_voice_server(guild_id, user_id=user_id, server=gone)
            if session := self._sessions.get((guild_id, user_id)):
                self.remove(session, code=Close.CALL_ENDED)
        self._moves[guild_id] = self._moves.get(guild_id, 0) + 1

        def allocate() -> None:
            for user_id in users:
                if (guild_id, user_id) in self.world.voice_states:
                    self.world.assign_voice_server(guild_id, user_id=user_id)

        return allocate

    def members(self, channel_id: int) -> set[int]:
        """Who is in the channel's encrypted group."""
        return self._open[channel_id].epochs.group.members if channel_id in self._open else set()

    def settled(self, channel_id: int) -> bool:
        """Whether the channel's encryption is at rest: everybody seals for the same epoch."""
        return channel_id not in self._open or self._open[channel_id].epochs.settled

    def is_open(self, channel_id: int) -> bool:
        """Whether anyone is connected to the channel."""
        return channel_id in self._open

    def downgrade(self, channel_id: int) -> None:
        self._open[channel_id].epochs.downgrade()

    def upgrade(self, channel_id: int) -> None:
        self._open[channel_id].epochs.upgrade()

    def remove(self, session: Session, *, code: int) -> None:
        key = (session.admission.guild_id, session.user_id)
        if self._sessions.get(key) is session:
            del self._sessions[key]
        self.relay.forget(session)
        channel = self.channel(session)
        session.close(code)
        if channel.room.leave(session):
            channel.epochs.left(session.user_id)
        if not channel.room.sessions:
            del self._open[session.admission.channel_id]

    def _admission(self, token: str, *, guild_id: int, session_id: str) -> Admission:
        admission = self._admissions.get(token)
        if admission is None:
            raise Refused(Close.AUTHENTICATION_FAILED)
        if (admission.guild_id, admission.session_id) != (guild_id, session_id):
            raise Refused(Close.SESSION_INVALID)
        return admission

    def _receivers(self, session: Session) -> Iterator[Session]:
        return self.channel(session).room.others(session)

    def _sever(self, session: Session) -> None:
        if self.faults.remove_severed:
            channel = self.channel(session)
            channel.room.sever(session)
            channel.epochs.left(session.user_id)
        asyncio.get_running_loop().call_later(self.limits.resume_seconds, self._expire, session)

    def _expire(self, session: Session) -> None:
        if session.link is None and self._sessions.get((session.admission.guild_id, session.user_id)) is session:
            self.remove(session, code=Close.DISCONNECTED)
