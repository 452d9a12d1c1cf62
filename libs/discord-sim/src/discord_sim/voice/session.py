"""One client's voice session: it outlives its socket, so that it can be resumed."""

import secrets
from collections import deque
from typing import Any, Protocol

import msgspec

from discord_sim.voice.ciphers import Cipher
from discord_sim.voice.codes import Op

BUFFERED_MESSAGES = 1_000
SEQUENCES = 1 << 16
NOTHING = -1
"""What a client says that has had no numbered message."""
Address = tuple[str, int]
Json = dict[str, Any]


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
    """Numbered messages count from `first_sequence` and wrap around as 16 bits do, in text as in binary."""

    def __init__(self, admission: Admission, *, ssrc: int, link: Link, first_sequence: int = 1) -> None:
        self.admission = admission
        self.ssrc = ssrc
        self.link: Link | None = link
        self.key = secrets.token_bytes(32)
        self.mode = ""
        self.cipher: Cipher | None = None
        self.address: Address | None = None
        self.speaking = 0
        self.has_said_speaking = False
        """Op 5 has come, whatever it said: until then Discord sends no audio."""
        self.knows_sender = False
        self.key_package: bytes | None = None
        self.sealed_packets = 0
        self._next = first_sequence
        self._forgotten = NOTHING
        """The number of the newest message that is no longer in the buffer."""
        self._buffer: deque[tuple[int, str | bytes]] = deque()

    @property
    def user_id(self) -> int:
        return self.admission.user_id

    def tell(self, op: int, data: Json) -> None:
        number = self._number()
        self._send(number, msgspec.json.encode({"op": op, "d": data, "seq": number}).decode())

    def tell_binary(self, op: int, payload: bytes) -> None:
        number = self._number()
        self._send(number, number.to_bytes(2, "big") + bytes([op]) + payload)

    def acknowledge(self, sequence: int) -> None:
        """The client has everything up to here: it will never ask for it again."""
        if any(number == sequence for number, _ in self._buffer):
            while self._forgotten != sequence:
                self._forget_oldest()

    def can_resume(self, after: int) -> bool:
        """Whether everything behind this message is still in the buffer."""
        return after == self._forgotten or any(number == after for number, _ in self._buffer)

    def resume(self, link: Link, *, after: int) -> None:
        """The socket is a new one: say so, then everything that the old one may have lost."""
        self.acknowledge(after)
        self.link = link
        link.send(msgspec.json.encode({"op": Op.RESUMED, "d": None}).decode())
        for _, message in self._buffer:
            link.send(message)

    def close(self, code: int) -> None:
        link, self.link = self.link, None
        if link:
            link.close(code)

    def _number(self) -> int:
        number, self._next = self._next, (self._next + 1) % SEQUENCES
        return number

    def _send(self, number: int, message: str | bytes) -> None:
        self._buffer.append((number, message))
        if len(self._buffer) > BUFFERED_MESSAGES:
            self._forget_oldest()
        if self.link:
            self.link.send(message)

    def _forget_oldest(self) -> None:
        self._forgotten, _ = self._buffer.popleft()
