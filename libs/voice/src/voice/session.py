"""One voice session, from identifying at a voice server until it is not valid any more, over all of its sockets."""

import time

import msgspec
import structlog

from voice import messages
from voice.ciphers import MODES
from voice.encryption import PROTOCOL_VERSION, MakeEndToEnd
from voice.epochs import Answers, Epochs
from voice.events import EncryptionLost, EncryptionRestored, Joined, Outage, Transition
from voice.limits import Limits
from voice.messages import (
    Body,
    ClientDisconnect,
    ClientsConnect,
    ExecuteTransition,
    Op,
    PrepareEpoch,
    PrepareTransition,
    Ready,
    SessionDescription,
    Speaking,
    Video,
)
from voice.reception import Reception
from voice.udp import Udp

QUIET_PINGS = 2
"""Where pings are answered, nothing at all for longer than this many of them was an outage."""

log = structlog.get_logger()


class Server(msgspec.Struct, frozen=True):
    """Where a session is to be had: what the main gateway told."""

    endpoint: str
    token: str


class Identity(msgspec.Struct, frozen=True):
    """Who is where. `session_id` is of the main gateway's voice state."""

    guild_id: int
    channel_id: int
    user_id: int
    session_id: str


class NoCommonMode(Exception):
    """The voice server offers no encryption mode that we speak."""


class Session:
    def __init__(
        self,
        identity: Identity,
        server: Server,
        *,
        reception: Reception,
        make_end_to_end: MakeEndToEnd,
        limits: Limits,
    ) -> None:
        self.identity, self.server = identity, server
        self.seq_ack = -1
        self.established = False
        self.heard_ns: int | None = None
        """When the voice server last said anything, by its socket."""
        self.first_ns: int | None = None
        """When the first datagram arrived of those that could be opened, because we had the key."""
        self._reception = reception
        self._make_end_to_end = make_end_to_end
        self._limits = limits
        self._epochs: Epochs | None = None
        self._users: set[int] = set()
        self._udp: Udp | None = None
        self._ssrc = 0
        self._announced: list[tuple[int, int]] = []
        """SSRCs and whose they are, told before the reception had begun."""
        self._sender: bytes | None = None
        """The external sender when it came before that, as the documents allow."""

    def opening(self) -> str:
        """The first thing to say on a new socket."""
        identity, token = self.identity, self.server.token
        common = {"server_id": str(identity.guild_id), "session_id": identity.session_id, "token": token}
        if self.established:
            return messages.write(Op.RESUME, **common, seq_ack=self.seq_ack)
        return messages.write(
            Op.IDENTIFY, **common, user_id=str(identity.user_id), max_dave_protocol_version=PROTOCOL_VERSION
        )

    @property
    def last_good_ns(self) -> int | None:
        """When voice was last known to arrive: with the last datagram; but where our pings go unanswered, quiet on UDP
        means nothing, and the socket's word counts as well."""
        udp = self._udp
        if udp is None:
            return self.heard_ns
        if udp.heard_ns is None or (not udp.answers_pings and udp.pings_since_heard >= QUIET_PINGS):
            return max(udp.heard_ns or 0, self.heard_ns or 0) or None
        return udp.heard_ns

    @property
    def media_ns(self) -> int | None:
        """When the last datagram of media arrived."""
        return self._udp.media_ns if self._udp else None

    @property
    def is_deaf(self) -> bool:
        """Whether the UDP path is dead: it did answer pings, and nothing has come for several of them."""
        udp = self._udp
        return udp is not None and udp.answers_pings and udp.pings_since_heard > self._limits.lost_pings

    def close(self) -> None:
        if self._udp:
            self.fetch()
            self._udp.close()

    def fetch(self) -> None:
        """Take in what has arrived by UDP."""
        udp = self._udp
        if udp is None:
            return
        before_ns, answered = udp.heard_ns, udp.answers_pings
        first_ns = udp.fetch()
        if self._epochs and self.first_ns is None:
            self.first_ns = first_ns
        quiet_ns = QUIET_PINGS * self._limits.ping_seconds * 1e9
        if answered and before_ns and first_ns and first_ns - before_ns > quiet_ns:
            self._reception.tell(Outage(before_ns, first_ns))

    def recover(self) -> Answers:
        """To be called now and then: what to say, if anything, because nothing can be decrypted."""
        epochs = self._epochs
        if epochs is None:
            return []
        if epochs.restored_ns is not None:
            self._reception.tell(EncryptionRestored(epochs.restored_ns))
            epochs.restored_ns = None
        answers = epochs.recover()
        if answers:
            recovery = epochs.recovery
            self._reception.tell(EncryptionLost(recovery.failing_since_ns or time.monotonic_ns(), recovery.attempts))
        return answers

    async def handle(self, body: Body) -> Answers:
        """Answers what to say to it. Raises what ends the session: Unreachable, NoCommonMode."""
        self.fetch()  # what arrived before this message belongs to the speakers known so far
        match body:
            case Ready():
                return [await self._select_protocol(body)]
            case SessionDescription():
                return self._begin(body)
            case Speaking():
                self._announce(body.ssrc, body.user_id)
            case Video() if body.audio_ssrc:
                self._announce(body.audio_ssrc, body.user_id)
            case ClientsConnect():
                self._users.update(body.user_ids)
                if self._epochs:
                    self._epochs.joined(body.user_ids)
                for user_id in body.user_ids:
                    self._reception.tell(Joined(user_id))
            case ClientDisconnect():
                self._users.discard(body.user_id)
                self._reception.leave(body.user_id)
            case _:
                return self._handle_transition(body)
        return []

    def handle_binary(self, op: int, payload: bytes) -> Answers:
        self.fetch()
        if self._epochs is None:
            self._sender = payload if op == Op.EXTERNAL_SENDER else self._sender
            return []
        entered = self._epochs.entered
        answers = self._epochs.binary(op, payload)
        if self._epochs.entered != entered:
            self._transition(self._epochs)
        return answers

    def _announce(self, ssrc: int, user_id: int) -> None:
        if self._epochs is None:
            self._announced.append((ssrc, user_id))
        else:
            self._reception.announce(ssrc, user_id)

    def _handle_transition(self, body: Body) -> Answers:
        epochs = self._epochs
        if epochs is None:
            return []
        before = epochs.version
        match body:
            case PrepareTransition():
                answers = epochs.prepare_transition(body.transition_id, version=body.protocol_version)
            case ExecuteTransition():
                answers = []
                epochs.execute_transition(body.transition_id)
            case PrepareEpoch():
                answers = epochs.prepare_epoch(body.epoch, transition=body.transition_id, version=body.protocol_version)
            case _:
                return []
        if epochs.version != before:
            self._transition(epochs)
        else:
            self._reception.drain()
        return answers

    def _transition(self, epochs: Epochs) -> None:
        """There are new keys: what waits for them can go on."""
        self._reception.tell(Transition(epochs.version))
        self._reception.drain()

    async def _select_protocol(self, ready: Ready) -> str:
        mode = next((mode for mode in MODES if mode in ready.modes), None)
        if mode is None:
            raise NoCommonMode(", ".join(ready.modes))
        self.close()
        self._ssrc = ready.ssrc
        self._udp = await Udp.open(
            ready.ip, ready.port, receive=self._reception.receive, ping_seconds=self._limits.ping_seconds
        )
        address = await self._udp.discover(ready.ssrc)
        data = {"address": address.host, "port": address.port, "mode": mode}
        return messages.write(Op.SELECT_PROTOCOL, protocol="udp", data=data)

    def _begin(self, description: SessionDescription) -> Answers:
        if description.mode not in MODES:
            raise NoCommonMode(description.mode)
        cipher = MODES[description.mode](bytes(description.secret_key))
        end_to_end = self._make_end_to_end(self.identity.user_id, self.identity.channel_id)
        self._epochs = Epochs(
            end_to_end, version=description.dave_protocol_version, users=self._users, limits=self._limits
        )
        self._reception.begin(cipher=cipher, keys=self._epochs)
        for ssrc, user_id in self._announced:
            self._announce(ssrc, user_id)
        self._announced.clear()
        if self._sender is not None:
            self._epochs.binary(Op.EXTERNAL_SENDER, self._sender)
        return [messages.not_speaking(self._ssrc), *self._epochs.begin()]
