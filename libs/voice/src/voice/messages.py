"""The voice gateway's messages (version 8): what we read of them, and what we write."""

from typing import Annotated, Any

import msgspec

VERSION = 8
Key = Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=255)]], msgspec.Meta(min_length=32, max_length=32)]


class Op:
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
    VIDEO = 12
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


class Malformed(ValueError):
    """A message that is not what the protocol says."""


class Message(msgspec.Struct, frozen=True):
    """A text message; `d` is decoded once the op is known."""

    op: int
    d: msgspec.Raw = msgspec.Raw(b"null")
    seq: int | None = None


class Binary(msgspec.Struct, frozen=True):
    seq: int
    op: int
    payload: bytes


class Hello(msgspec.Struct, frozen=True):
    heartbeat_interval: float


class Heartbeat(msgspec.Struct, frozen=True):
    """The server's own, in either direction; `t` is the nonce."""

    t: int | None = None


class HeartbeatAck(msgspec.Struct, frozen=True):
    t: int | None = None


class Ready(msgspec.Struct, frozen=True):
    ssrc: int
    ip: str
    port: int
    modes: list[str]


class SessionDescription(msgspec.Struct, frozen=True):
    mode: str
    secret_key: Key
    dave_protocol_version: int = 0


class Speaking(msgspec.Struct, frozen=True):
    user_id: int
    ssrc: int
    speaking: int = 0


class ClientsConnect(msgspec.Struct, frozen=True):
    user_ids: list[int]


class Video(msgspec.Struct, frozen=True):
    """A user's streams; `audio_ssrc` is 0 where they have none. In no official document."""

    user_id: int
    audio_ssrc: int = 0


class ClientDisconnect(msgspec.Struct, frozen=True):
    user_id: int


class PrepareTransition(msgspec.Struct, frozen=True):
    transition_id: int
    protocol_version: int


class ExecuteTransition(msgspec.Struct, frozen=True):
    transition_id: int


class PrepareEpoch(msgspec.Struct, frozen=True):
    epoch: int
    protocol_version: int
    transition_id: int = 0


Body = (
    Hello
    | Heartbeat
    | HeartbeatAck
    | Ready
    | SessionDescription
    | Speaking
    | ClientsConnect
    | Video
    | ClientDisconnect
    | PrepareTransition
    | ExecuteTransition
    | PrepareEpoch
)

_BODIES: dict[int, type[Body]] = {
    Op.HELLO: Hello,
    Op.HEARTBEAT: Heartbeat,
    Op.HEARTBEAT_ACK: HeartbeatAck,
    Op.READY: Ready,
    Op.SESSION_DESCRIPTION: SessionDescription,
    Op.SPEAKING: Speaking,
    Op.CLIENTS_CONNECT: ClientsConnect,
    Op.VIDEO: Video,
    Op.CLIENT_DISCONNECT: ClientDisconnect,
    Op.PREPARE_TRANSITION: PrepareTransition,
    Op.EXECUTE_TRANSITION: ExecuteTransition,
    Op.PREPARE_EPOCH: PrepareEpoch,
}


_ONCE_BARE = (Heartbeat, HeartbeatAck)
"""Before version 8 their nonce stood alone (discord-api-docs, voice-connections)."""


def read(text: str | bytes) -> Message:
    try:
        return msgspec.json.decode(text, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Malformed(str(wrong)) from wrong


def body(message: Message) -> Body | None:
    """None for messages without a body that we know; ids come as strings and are read as numbers."""
    known = _BODIES.get(message.op)
    if known is None:
        return None
    try:
        data = msgspec.json.decode(message.d)
        if known in _ONCE_BARE and not isinstance(data, dict):
            data = {"t": data}
        return msgspec.convert(data, known, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Malformed(f"op {message.op}: {wrong}") from wrong


def read_binary(frame: bytes) -> Binary:
    if len(frame) < 3:
        raise Malformed("a binary message is at least three bytes")
    return Binary(int.from_bytes(frame[:2], "big"), frame[2], frame[3:])


def write(op: int, **data: Any) -> str:
    return msgspec.json.encode({"op": op, "d": data}).decode()


def write_binary(op: int, payload: bytes) -> bytes:
    return bytes([op]) + payload


def heartbeat(nonce: int, *, seq_ack: int) -> str:
    return write(Op.HEARTBEAT, t=nonce, seq_ack=seq_ack)


def not_speaking(ssrc: int) -> str:
    """One of these is needed before anything is received (discord-api-docs #808; JDA, discord.py and py-cord send it
    as soon as they have the key)."""
    return write(Op.SPEAKING, speaking=0, delay=0, ssrc=ssrc)
