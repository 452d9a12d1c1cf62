"""The voice servers of the simulated Discord: who may come in, who is where, and what can be done to them."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from discord_sim.certs import Certificates
from discord_sim.entities import VoiceServer
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.epochs import Epochs, Timing
from discord_sim.voice.faults import Faults
from discord_sim.voice.gateway import Gateway
from discord_sim.voice.ledger import Ledger
from discord_sim.voice.relay import Relay
from discord_sim.voice.room import Room, speaking_of
from discord_sim.voice.session import Admission, Link, Op, Session
from discord_sim.world import World

NAMES = ("127.0.0.1", "localhost")
"""One listener answers to both; to a client they are two servers."""
STAYS_RESUMABLE = frozenset({1001, 1006, 4015})
DISCONNECTED = 4014


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat_ms: int = 13_750
    patience_seconds: float = 41.25
    """With a client that says nothing; longer than any loaded machine keeps one from its heartbeat."""
    timing: Timing = Timing()
    resume_seconds: float = 60.0
    """How long a session waits for its client after the socket broke."""


class Place(msgspec.Struct, frozen=True):
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
        self._ssrcs = itertools.count(1000)
        self._admissions: dict[str, Admission] = {}
        self._places: dict[int, Place] = {}
        self._sessions: dict[tuple[int, int], Session] = {}
        self._moves: dict[int, int] = {}
        self._gateway = Gateway(self, certificates)
        self.relay = Relay(faults=self.faults, ledger=self.ledger, receivers=self._receivers)

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
            raise LookupError("nobody is admitted to no channel")
        token = self.world.secret(8)
        self._admissions[token] = Admission(guild_id, channel_id, user_id, session_id, token)
        name = NAMES[self._moves.get(guild_id, 0) % len(NAMES)]
        return VoiceServer(endpoint=f"{name}:{self._gateway.port}", token=token)

    def dismiss(self, guild_id: int, user_id: int) -> None:
        if session := self._sessions.get((guild_id, user_id)):
            self.remove(session, code=DISCONNECTED)

    # What a client does

    def identify(self, admission_token: str, *, session_id: str, user_id: int, link: Link) -> Session | None:
        """None when the token is not one that is still to be used: the client's session is not valid (4006)."""
        admission = self._admissions.pop(admission_token, None)
        if admission is None or (admission.session_id, admission.user_id) != (session_id, user_id):
            return None
        if before := self._sessions.get((admission.guild_id, user_id)):
            self.remove(before, code=4006)
        ssrc = self.next_ssrcs.popleft() if self.next_ssrcs else next(self._ssrcs)
        session = Session(admission, ssrc=ssrc, link=link)
        self._sessions[(admission.guild_id, user_id)] = session
        self.relay.register(session)
        ready = {"ssrc": ssrc, "ip": "127.0.0.1", "port": self.relay.port, "modes": self.modes, "experiments": []}
        link.send(msgspec.json.encode({"op": Op.READY, "d": ready}).decode())
        self.place(session).room.enter(session)
        return session

    def resume(self, admission_token: str, *, session_id: str, link: Link, after: int) -> Session | None:
        for session in self._sessions.values():
            admission = session.admission
            if (admission.token, admission.session_id) == (admission_token, session_id):
                session.resume(link, after=after)
                return session
        return None

    def select(self, session: Session, *, mode: str) -> None:
        place = self.place(session)
        session.mode, session.cipher = mode, CIPHERS[mode](session.key)
        session.tell(
            Op.SESSION_DESCRIPTION,
            {
                "mode": mode,
                "secret_key": list(session.key),
                "audio_codec": "opus",
                "video_codec": None,
                "media_session_id": f"{session.ssrc:032x}",
                "dave_protocol_version": place.epochs.version,
            },
        )
        place.room.introduce_speakers(session)
        place.epochs.entered(session)

    def speaking(self, session: Session, flags: int) -> None:
        session.speaking = flags
        room = self.place(session).room

        def introduce() -> None:
            if room.sessions.get(session.user_id) is session:
                room.broadcast(Op.SPEAKING, speaking_of(session), but=session)

        if self.faults.late_speaking_seconds:
            asyncio.get_running_loop().call_later(self.faults.late_speaking_seconds, introduce)
        else:
            introduce()

    def disconnected(self, session: Session, *, link: Link, code: int | None) -> None:
        """The socket is gone: for good when it was closed properly, else the session waits for a resume."""
        if session.link is not link:
            return
        session.link = None
        if code in (1000, 1001, 1005):
            self.remove(session, code=1000)
            return
        asyncio.get_running_loop().call_later(self.limits.resume_seconds, self._expire, session)

    def place(self, session: Session) -> Place:
        channel_id = session.admission.channel_id
        if channel_id not in self._places:
            room = Room(channel_id)
            epochs = Epochs(room, faults=self.faults, timing=self.limits.timing)
            self._places[channel_id] = Place(room, epochs)
        return self._places[channel_id]

    # What can be done to them

    def session(self, guild_id: int, user_id: int) -> Session | None:
        return self._sessions.get((guild_id, user_id))

    def disconnect(self, guild_id: int, user_id: int, *, code: int) -> None:
        """Close somebody's socket with this code; 1006 cuts it without a word."""
        session = self._sessions[(guild_id, user_id)]
        if code in STAYS_RESUMABLE:
            session.close(code)
            asyncio.get_running_loop().call_later(self.limits.resume_seconds, self._expire, session)
        else:
            self.remove(session, code=code)

    def move_server(self, guild_id: int) -> Callable[[], None]:
        """Take the guild's voice server away (null endpoint, sockets closed). Call the result to give a new one."""
        users = [user_id for guild, user_id in self.world.voice_states if guild == guild_id]
        for user_id in users:
            gone = VoiceServer(endpoint=None, token=self.world.secret(8))
            self.world.assign_voice_server(guild_id, user_id=user_id, server=gone)
            self.dismiss(guild_id, user_id)
        self._moves[guild_id] = self._moves.get(guild_id, 0) + 1

        def allocate() -> None:
            for user_id in users:
                if (guild_id, user_id) in self.world.voice_states:
                    self.world.assign_voice_server(guild_id, user_id=user_id)

        return allocate

    def members(self, channel_id: int) -> set[int]:
        """Who is in the channel's encrypted group."""
        return self._places[channel_id].epochs.group.members if channel_id in self._places else set()

    def settled(self, channel_id: int) -> bool:
        """Whether the channel's encryption is at rest: everybody seals for the same epoch."""
        return channel_id not in self._places or self._places[channel_id].epochs.settled

    def downgrade(self, channel_id: int) -> None:
        self._places[channel_id].epochs.downgrade()

    def upgrade(self, channel_id: int) -> None:
        self._places[channel_id].epochs.upgrade()

    def remove(self, session: Session, *, code: int) -> None:
        key = (session.admission.guild_id, session.user_id)
        if self._sessions.get(key) is session:
            del self._sessions[key]
        self.relay.forget(session)
        place = self.place(session)
        session.close(code)
        if place.room.leave(session):
            place.epochs.left(session.user_id)
        if not place.room.sessions:
            del self._places[session.admission.channel_id]

    def _receivers(self, session: Session) -> Iterator[Session]:
        return self.place(session).room.others(session)

    def _expire(self, session: Session) -> None:
        if session.link is None and self._sessions.get((session.admission.guild_id, session.user_id)) is session:
            self.remove(session, code=DISCONNECTED)
