"""Scripted people: they join, talk, leave and move, and are real members of the encrypted group."""

import asyncio
import itertools
from collections.abc import Iterable

import msgspec
import structlog

from discord_sim.changes import Change, VoiceServerAssigned
from discord_sim.voice.ledger import SILENCE
from discord_sim.voice.members import DaveyMember, MakeMember
from discord_sim.voice.membership import Membership
from discord_sim.voice.relay import Media
from discord_sim.voice.service import VoiceService
from discord_sim.voice.session import Json, Session

FRAME_SAMPLES = 960
FRAME_SECONDS = 0.02
TALKSPURT_END = 5
"""Silence frames with which every talkspurt ends."""

log = structlog.get_logger()


class _Message(msgspec.Struct, frozen=True):
    op: int
    d: Json | None = None


class Person:
    """Someone in a guild who has a voice client. `dave` chooses the MLS stack."""

    def __init__(self, service: VoiceService, *, guild_id: int, user_id: int, dave: MakeMember = DaveyMember) -> None:
        self.guild_id, self.user_id = guild_id, user_id
        self.session: Session | None = None
        self.membership: Membership | None = None
        self.sequence, self.timestamp = 1, FRAME_SAMPLES
        self._service = service
        self._dave = dave
        self._unlisten = service.world.listen(self._noticed)

    def join(self, channel_id: int) -> None:
        """Come into a channel, or go over to another one."""
        self._service.world.join_voice(self.guild_id, user_id=self.user_id, channel_id=channel_id)

    def leave(self) -> None:
        self._service.world.leave_voice(self.guild_id, user_id=self.user_id)

    def retire(self) -> None:
        """Leave and never connect again."""
        self.leave()
        self._unlisten()

    @property
    def settled(self) -> bool:
        """Whether the encryption of the channel is at rest."""
        return self.session is not None and self._service.settled(self.session.admission.channel_id)

    async def ready(self, *, timeout_seconds: float = 20.0) -> None:
        """Wait until frames are sealed: that needs another member of the group."""
        if self.membership is None:
            raise RuntimeError("not in a voice channel")
        async with asyncio.timeout(timeout_seconds):
            await self.membership.sealing.wait()

    async def say(
        self,
        frames: Iterable[bytes],
        *,
        pace_seconds: float = FRAME_SECONDS,
        plaintext: bool = False,
        end: bool = True,
    ) -> None:
        """Send Opus packets of 20 ms, and the silence that ends a talkspurt. Stops when the connection is lost.

        `plaintext` sends them unsealed, as clients do around transitions.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        spoken = itertools.chain(frames, [SILENCE] * (TALKSPURT_END if end else 0))
        for number, frame in enumerate(spoken):
            await asyncio.sleep(max(0.0, started + number * pace_seconds - loop.time()))
            if self.session is None:
                return
            self.send(frame, plaintext=plaintext)

    def send(self, frame: bytes, *, plaintext: bool = False) -> None:
        """Send one Opus packet now."""
        if self.session is None or self.membership is None:
            raise RuntimeError("not in a voice channel")
        if not self.session.speaking:
            self._service.speaking(self.session, 1)
        payload = frame if plaintext or frame == SILENCE else self.membership.seal(frame)
        sequence, timestamp = self.sequence & 0xFFFF, self.timestamp & 0xFFFF_FFFF
        self._service.relay.forward(self.session, Media(self.session.ssrc, sequence, timestamp, payload, opus=frame))
        self.sequence += 1
        self.timestamp += FRAME_SAMPLES

    def rest(self, seconds: float) -> None:
        """Let the RTP clock run on in silence, which Discord's clients do and discord.js does not."""
        self.timestamp += round(seconds * 48_000)

    def receive(self, link: "_Link", message: str | bytes) -> None:
        if self.session is None or self.membership is None or self.session.link is not link:
            return
        if isinstance(message, bytes):
            self.membership.told_binary(message[2], message[3:])
        else:
            decoded = msgspec.json.decode(message, type=_Message)
            self.membership.told(decoded.op, decoded.d or {})

    def lose(self, session: Session | None, code: int) -> None:
        if self.session is session:
            log.info("person.disconnected", user_id=self.user_id, code=code)
            self.session = self.membership = None

    def _noticed(self, change: Change) -> None:
        if not isinstance(change, VoiceServerAssigned) or not change.server.endpoint:
            return
        if (change.guild_id, change.user_id) == (self.guild_id, self.user_id):
            self._connect(change.server.token)

    def _connect(self, token: str) -> None:
        state = self._service.world.voice_states[(self.guild_id, self.user_id)]
        link = _Link(self)
        session = self._service.identify(
            token, guild_id=self.guild_id, session_id=state.session_id, user_id=self.user_id, link=link
        )
        link.session = self.session = session
        member = self._dave(self.user_id, session.admission.channel_id)
        self.membership = Membership(session, epochs=self._service.epochs(session), member=member)
        self._service.select(session, mode=self._service.modes[0])


class _Link:
    """What the voice server says is heard a moment later, so that no answer interrupts the server."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.session: Session | None = None

    def send(self, message: str | bytes) -> None:
        asyncio.get_running_loop().call_soon(self._person.receive, self, message)

    def close(self, code: int) -> None:
        self._person.lose(self.session, code)
