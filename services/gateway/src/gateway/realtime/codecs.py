"""Two framings of the same frames: plain JSON, and Socket.IO v5 over Engine.IO v4 (see docs of socket.io-protocol)."""

from typing import Any, Final, Protocol

import msgspec

from contracts.decoding import UNDECODABLE
from contracts.problems import Problem
from gateway.realtime.frames import COMMANDS, BadFrame, CloseCode, Command, Hello, Told, encode, op_of, text_frame

WS_PING: Final = b"\x89\x00"


class Heard(msgspec.Struct, frozen=True):
    """What a text frame meant; with `ack` the client wants to be told when it is done."""

    command: Command | None = None
    ack: bytes | None = None
    leaving: bool = False
    answer: bytes | None = None


class Codec(Protocol):
    """Encodes and decodes frames for one kind of client. The bytes are whole WebSocket frames."""

    def greeting(self, socket_id: str, /) -> bytes: ...
    def hear(self, text: bytes, /) -> Heard: ...
    def tell(self, op: str, payload: bytes, /) -> bytes: ...
    def welcome(self, socket_id: str, /) -> bytes: ...
    def refusal(self, problem: Problem, /) -> bytes: ...
    def farewell(self, code: int, /) -> bytes: ...
    def done(self, ack: bytes, /) -> bytes: ...

    @property
    def ping(self) -> bytes: ...


def tell(codec: Codec, frame: Told) -> bytes:
    return codec.tell(op_of(frame), encode(frame))


class Plain:
    """`guildhall.v1`: one JSON object per text frame."""

    ping = WS_PING
    _decoder: Final = msgspec.json.Decoder(Command)

    def greeting(self, _: str, /) -> bytes:
        return b""

    def hear(self, text: bytes) -> Heard:
        try:
            return Heard(self._decoder.decode(text))
        except UNDECODABLE as error:
            raise BadFrame(str(error)) from None

    def tell(self, _: str, payload: bytes, /) -> bytes:
        return text_frame(payload)

    def welcome(self, _: str, /) -> bytes:
        return b""

    def refusal(self, _: Problem, /) -> bytes:
        return b""

    def farewell(self, _: int, /) -> bytes:
        return b""

    def done(self, _: bytes, /) -> bytes:
        return b""


class SocketIo:
    """Packets `<engine type><socket type>[ack id][JSON]` on the default namespace, without binary attachments."""

    ping = text_frame(b"2")
    _decoders: Final[dict[str, Any]] = {op: msgspec.json.Decoder(command) for op, command in COMMANDS.items()}
    _event: Final = msgspec.json.Decoder(tuple[str, msgspec.Raw])

    def __init__(self, *, ping_seconds: float, pong_seconds: float, bytes_max: int) -> None:
        self._options: dict[str, Any] = {
            "upgrades": [],
            "pingInterval": int(ping_seconds * 1000),
            "pingTimeout": int(pong_seconds * 1000),
            "maxPayload": bytes_max,
        }

    def greeting(self, socket_id: str) -> bytes:
        return text_frame(b"0" + msgspec.json.encode({"sid": socket_id, **self._options}))

    def hear(self, text: bytes) -> Heard:
        try:
            if text == b"3":  # pong: that it was heard is all there is to it
                return Heard()
            if text == b"2":
                return Heard(answer=text_frame(b"3"))
            if text in {b"1", b"41"}:
                return Heard(leaving=True)
            if text.startswith(b"40"):
                return Heard(msgspec.json.decode(text[2:] or b"{}", type=Hello))
            if text.startswith(b"42"):
                return self._hear_event(text[2:])
        except (*UNDECODABLE, KeyError) as error:
            raise BadFrame(str(error)) from None
        raise BadFrame

    def _hear_event(self, rest: bytes) -> Heard:
        start = rest.index(b"[") if b"[" in rest else len(rest)
        ack = rest[:start]
        if ack and not (ack.isdigit() and len(ack) < 16):
            raise BadFrame
        op, payload = self._event.decode(rest[start:])
        return Heard(self._decoders[op].decode(payload), ack or None)

    def tell(self, op: str, payload: bytes) -> bytes:
        return text_frame(b'42["%b",%b]' % (op.encode(), payload))

    def welcome(self, socket_id: str) -> bytes:
        return text_frame(b"40" + msgspec.json.encode({"sid": socket_id}))

    def refusal(self, problem: Problem) -> bytes:
        told = {"message": problem.code, "data": {"code": problem.code, "title": problem.title}}
        return text_frame(b"44" + msgspec.json.encode(told))

    def farewell(self, code: int) -> bytes:
        """A client that is told to disconnect does not come back; one whose transport ends does."""
        return text_frame(b"41") if code == CloseCode.SESSION_ENDED else b""

    def done(self, ack: bytes) -> bytes:
        return text_frame(b'43%b[{"ok":true}]' % ack)
