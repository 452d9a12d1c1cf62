"""One client's voice session: it outlives its socket, so that it can be resumed."""

import secrets
from collections import deque
from typing import Any, Protocol

import msgspec

from discord_sim.voice.ciphers import Cipher

BUFFERED_MESSAGES = 1_000
Address = tuple[str, int]
Json = dict[str, Any]


class Op:
    """Numbers of the voice gateway's messages."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9
    CLIENTS_CONNECT = 11
    CLIENT_DISCONNECT = 13
    PREPARE_TRANSITION = 21
    EXECUTE_TRANSITION = 22
    READY_FOR_TRANSITION = 23
    PREPARE_EPOCH = 24
    EXTERNAL_SENDER = 25
    KEY_PACKAGE = 26
    PROPOSALS = 27
    COMMIT_WELCOME = 28
    ANNOUNCE_COMMIT = 29
    WELCOME = 30
    INVALID_COMMIT = 31


class Link(Protocol):
    """The way to a client: a socket, or a person in this process. Calls return at once."""

    def send(self, message: str | bytes) -> None: ...

    def close(self, code: int) -> None:
        """Close properly; 1006 cuts the connection without a word."""
        ...


class Admission(msgspec.Struct, frozen=True):
    """What a token of VOICE_SERVER_UPDATE is good for."""

    guild_id: int
    channel_id: int
    user_id: int
    session_id: str
    token: str


class Session:
    def __init__(self, admission: Admission, *, ssrc: int, link: Link) -> None:
        self.admission = admission
        self.ssrc = ssrc
        self.link: Link | None = link
        self.key = secrets.token_bytes(32)
        self.mode = ""
        self.cipher: Cipher | None = None
        self.address: Address | None = None
        self.speaking = 0
        self.knows_sender = False
        self.key_package: bytes | None = None
        self.sealed_packets = 0
        self._sequence = 0
        self._buffer: deque[tuple[int, str | bytes]] = deque(maxlen=BUFFERED_MESSAGES)

    @property
    def user_id(self) -> int:
        return self.admission.user_id

    def tell(self, op: int, data: Json) -> None:
        self._sequence += 1
        self._send(msgspec.json.encode({"op": op, "d": data, "seq": self._sequence}).decode())

    def tell_binary(self, op: int, payload: bytes) -> None:
        self._sequence += 1
        self._send(self._sequence.to_bytes(2, "big") + bytes([op]) + payload)

    def acknowledge(self, sequence: int) -> None:
        """The client has everything up to here: it will never ask for it again."""
        while self._buffer and self._buffer[0][0] <= sequence:
            self._buffer.popleft()

    def resume(self, link: Link, *, after: int) -> None:
        """The socket is a new one: say so, then everything that the old one may have lost."""
        self.link = link
        link.send('{"op":9,"d":null}')
        for sequence, message in self._buffer:
            if sequence > after:
                link.send(message)

    def close(self, code: int) -> None:
        link, self.link = self.link, None
        if link:
            link.close(code)

    def _send(self, message: str | bytes) -> None:
        self._buffer.append((self._sequence, message))
        if self.link:
            self.link.send(message)
