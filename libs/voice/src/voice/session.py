"""One voice session, from identifying at a voice server until it is not valid any more, over all of its sockets."""

import msgspec
import structlog

from voice import messages
from voice.ciphers import MODES
from voice.encryption import PROTOCOL_VERSION, MakeEndToEnd
from voice.epochs import Answers, Epochs
from voice.events import Joined, Transition
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
)
from voice.reception import Reception
from voice.udp import Udp

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
        self._reception = reception
        self._make_end_to_end = make_end_to_end
        self._limits = limits
        self._epochs: Epochs | None = None
        self._users: set[int] = set()
        self._udp: Udp | None = None
        self._announced: list[Speaking] = []
        """Who was named before the reception had begun."""

    def opening(self) -> str:
        """The first thing to say on a new socket."""
        identity, token = self.identity, self.server.token
        common = {"server_id": str(identity.guild_id), "session_id": identity.session_id, "token": token}
        if self.established:
            return messages.write(Op.RESUME, **common, seq_ack=self.seq_ack)
        return messages.write(
            Op.IDENTIFY, **common, user_id=str(identity.user_id), max_dave_protocol_version=PROTOCOL_VERSION
        )

    def close(self) -> None:
        if self._udp:
            self._udp.close()
            self._udp = None

    def fetch(self) -> None:
        """Take in what has arrived by UDP."""
        if self._udp:
            self._udp.fetch()

    async def handle(self, body: Body) -> Answers:
        """Answers what to say to it. Raises what ends the session: Unreachable, NoCommonMode."""
        self.fetch()  # what came before these words is not of whom they speak
        match body:
            case Ready():
                return [await self._select_protocol(body)]
            case SessionDescription():
                return self._begin(body)
            case Speaking():
                self._announce(body)
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
            return []
        entered = self._epochs.entered
        answers = self._epochs.binary(op, payload)
        if self._epochs.entered != entered:
            self._transition(self._epochs)
        return answers

    def _announce(self, speaking: Speaking) -> None:
        if self._epochs is None:
            self._announced.append(speaking)
        else:
            self._reception.announce(speaking.ssrc, speaking.user_id)

    def _handle_transition(self, body: Body) -> Answers:
        epochs = self._epochs
        if epochs is None:
            return []
        match body:
            case PrepareTransition():
                answers = epochs.prepare_transition(body.transition_id, version=body.protocol_version)
                self._reception.drain()
                return answers
            case ExecuteTransition():
                before = epochs.version
                epochs.execute_transition(body.transition_id)
                if epochs.version != before:
                    self._transition(epochs)
            case PrepareEpoch():
                return epochs.prepare_epoch(body.epoch)
            case _:
                pass
        return []

    def _transition(self, epochs: Epochs) -> None:
        """There are new keys: what waits for them can go on."""
        self._reception.tell(Transition(epochs.version))
        self._reception.drain()

    async def _select_protocol(self, ready: Ready) -> str:
        mode = next((mode for mode in MODES if mode in ready.modes), None)
        if mode is None:
            raise NoCommonMode(", ".join(ready.modes))
        self._udp = await Udp.open(ready.ip, ready.port, receive=self._reception.receive)
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
        for speaking in self._announced:
            self._announce(speaking)
        self._announced.clear()
        return self._epochs.begin()
